import type { ToolSet } from 'ai'
import { z } from 'zod'
import { Resolve, Verdict } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { context } from './context.ts'
import { read } from './files.ts'
import { glob, grep } from './search.ts'
import type { Bench, LoopTool } from './workspace-tools.ts'
import { loopTools } from './workspace-tools.ts'

/** What a reviewer says of a change. */
export const ReviewMade = z.object({
  verdict: Verdict.describe('accept, or request_changes'),
  body: z.string().min(1).max(8000).describe('The verdict in words: the reasons first'),
  comments: z
    .array(
      z.object({
        path: z.string().max(1000).optional().describe('File'),
        line: z.int().min(1).optional().describe('Line in the new version of it'),
        body: z.string().min(1).max(4000).describe('What is wrong there, and what to do'),
        resolve: Resolve.describe('required: it has to be settled before a merge'),
      }),
    )
    .max(50)
    .default([])
    .describe('What has to change, each at its line'),
})
export type ReviewMade = z.infer<typeof ReviewMade>

type ReviewBench = Pick<Bench, 'root' | 'signal' | 'log' | 'search'> & {
  /** Called with the review once it is whole; what it throws the model is told. */
  review(made: ReviewMade): Promise<void>
}

const review: LoopTool<typeof ReviewMade, Pick<ReviewBench, 'review'>> = {
  description: 'Ends the review with a verdict and comments on lines.',
  input: ReviewMade,
  run: async (made, bench) => {
    if (made.verdict === 'accept' && made.comments.some(({ resolve }) => resolve === 'required'))
      throw new HubError('invalid', 'a change with something required is not to be accepted', {
        hint: 'Request changes, or make the comments optional.',
      })
    await bench.review(made)
    return 'the review is done'
  },
}

/** The tools of a reviewer: they read, and say what is to be said at the end. */
export const reviewTools = (bench: ReviewBench): ToolSet =>
  loopTools({ read, grep, glob, context, review }, bench)
