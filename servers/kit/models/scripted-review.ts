import type { Move } from './scripted-repair.ts'
import type { Transcript } from './scripted-transcript.ts'

// What nobody means to leave behind, in the languages that the demonstration speaks.
const leftovers = /\b(TODO|FIXME|XXX)\b|\bdebugger\b|console\.log\(|\.only\(/

/** Whether the conversation is that of a reviewer. */
export const isReview = ({ instructions }: Transcript): boolean =>
  instructions.startsWith('You review a change')

/**
 * The scripted reviewer: asks for leftovers to be removed and failed checks to be mended, each at its
 * line and in words that the scripted repairer understands; else it accepts.
 */
export function reviewMove({ requests, calls }: Transcript): Move {
  if (calls.at(-1)?.tool === 'review') return { thought: 'The review is done.' }
  const request = requests.at(-1) ?? ''
  const comments = addedLines(request)
    .filter(({ text }) => leftovers.test(text))
    .slice(0, 20)
    .map(({ path, line, text }) => ({
      ...{ path, line, resolve: 'required' },
      body: `Remove "${text.trim()}" from ${path}`,
    }))
  const failed = /^Checks: (?:.+, )?\S+ failed(?:,|$)/m.test(request)
  const body = failed
    ? 'The checks fail.'
    : comments.length > 0
      ? 'Something is left in that does not belong there.'
      : 'Scripted review (a fixed policy, no AI): nothing is left over, and no check failed.'
  const verdict = failed || comments.length > 0 ? 'request_changes' : 'accept'
  return { thought: body, call: { tool: 'review', args: { verdict, body, comments } } }
}

function addedLines(diff: string): { path: string; line: number; text: string }[] {
  const added: { path: string; line: number; text: string }[] = []
  let path = ''
  let line = 0
  for (const text of diff.split('\n')) {
    const file = /^\+\+\+ b\/(.+)$/.exec(text)?.[1]
    const start = /^@@ -\S+ \+(\d+)/.exec(text)?.[1]
    if (file !== undefined) path = file
    else if (start !== undefined) line = Number(start) - 1
    else if (!text.startsWith('-')) {
      line++
      if (text.startsWith('+')) added.push({ path, line, text: text.slice(1) })
    }
  }
  return added
}
