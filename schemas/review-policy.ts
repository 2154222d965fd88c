import { z } from 'zod'

export const MergeStrategy = z.enum(['merge', 'squash', 'fast_forward', 'rebase'])
export type MergeStrategy = z.infer<typeof MergeStrategy>

/** How an org reviews and merges changes: `orgs.NAME.review` in `switchyard.json`. */
export const ReviewPolicy = z.strictObject({
  required: z
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe('Approvals that a revision needs; default: whoever may merge decides'),
  selfReview: z
    .boolean()
    .default(false)
    .describe('Whether the approval of who asked for the work counts'),
  autoMerge: z
    .boolean()
    .default(false)
    .describe('Merge by itself what has its approvals and passes its checks'),
  strategy: MergeStrategy.default('merge').describe('How changes are merged'),
  checksOnMerge: z
    .boolean()
    .default(false)
    .describe('Whether a target that moved is merged only once checks have passed on the result'),
  updateCheckout: z
    .boolean()
    .default(false)
    .describe('Whether a merge by itself fast-forwards a clean checkout of the target too'),
  maxRounds: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('Rounds without a word of a person after which the change waits for one'),
  bot: z.boolean().default(false).describe('Have a model review each revision'),
  botModel: z.string().max(200).optional().describe('Model of that reviewer'),
  botCounts: z.boolean().default(false).describe('Whether verdicts of agents count'),
})
export type ReviewPolicy = z.infer<typeof ReviewPolicy>

/** What is in force for an org that the configuration may not name. */
export const reviewPolicyOf = (
  { orgs }: { orgs: Record<string, { review?: ReviewPolicy | undefined }> },
  org: string,
): ReviewPolicy => orgs[org]?.review ?? ReviewPolicy.parse({})
