import type { ModelMessage } from 'ai'

/** An answer to a comment, with the commit that settles it unless it was left in words. */
export type Answer = { comment: number; body: string; commit?: string }

/** The answers that were given in a conversation, the last one to each comment: so an attempt that resumes has them too. */
export function answersIn(messages: ModelMessage[]): Answer[] {
  const answers = new Map<number, Answer>()
  for (const { role, content } of messages) {
    if (role !== 'tool') continue
    for (const part of content) {
      if (part.type !== 'tool-result' || part.toolName !== 'answer') continue
      const text = part.output.type === 'text' ? part.output.value : ''
      const [, number, commit, body] =
        /^answered #(\d+) (?:in words|with commit ([0-9a-f]{40,64})): ([\s\S]*)$/.exec(text) ?? []
      if (number === undefined || body === undefined) continue
      const comment = Number(number)
      answers.set(comment, { comment, body, ...(commit === undefined ? {} : { commit }) })
    }
  }
  return [...answers.values()]
}
