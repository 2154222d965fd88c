import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { LoopTool } from './workspace-tools.ts'

const commitInput = z.object({
  message: z
    .string()
    .min(1)
    .max(2000)
    .describe('What the commit does, in a line, and why below it'),
})

export const commit: LoopTool<typeof commitInput> = {
  description:
    'Commits what has changed so far, for work that reads better in several commits. What is left is committed when you finish.',
  input: commitInput,
  run: async ({ message }, bench) => {
    const { head, committed } = await bench.commit(message)
    return committed ? `committed ${head}` : `nothing has changed since ${head}`
  },
}

const answerInput = z.object({
  comment: z.int().min(1).describe('Number of the comment, as in #3'),
  text: z.string().min(1).max(4000).describe('What you did about it, or why you leave it'),
  declined: z.boolean().default(false).describe('True when you leave the code as it is'),
})

export const answer: LoopTool<typeof answerInput> = {
  description:
    'Answers a comment of a reviewer. What has changed so far is committed as what settles it, so answer each one as soon as you have done what it asks.',
  input: answerInput,
  run: async ({ comment, text, declined }, bench) => {
    if (!bench.comments.includes(comment)) {
      const known = bench.comments.map((number) => `#${number}`).join(', ')
      throw new HubError('not_found', `there is no open comment #${comment}`, {
        hint: known === '' ? 'Nobody has commented.' : `Open are: ${known}.`,
      })
    }
    const words = `answered #${comment} in words: ${text}`
    if (declined) return words
    const { head } = await bench.commit(`Settle comment #${comment}\n\n${text}`)
    if (head === bench.reviewed) return words // Nothing has changed since it was written.
    return `answered #${comment} with commit ${head}: ${text}`
  },
}
