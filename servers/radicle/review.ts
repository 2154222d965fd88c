import { z } from 'zod'
import {
  Change,
  ChangeComment,
  ChangeReview,
  CommentSide,
  Resolve,
  Verdict,
} from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { reviewPolicyOf } from '../../schemas/review-policy.ts'
import type { Context } from '../kit/context.ts'
import { readSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import { shownReview } from './assessment.ts'
import { findChange, openChange } from './change-access.ts'
import type { ChangeRow } from './store/changes.ts'
import { assertOpen, assertReviewable, closeChange, toChange } from './store/changes.ts'
import { commentOnChange, requireComment, reviewChange } from './store/discussion.ts'
import { readReviewOfTask } from './store/reviews.ts'
import { reviewText } from './texts.ts'

const change = z.string().max(60).describe('Change id')
const body = z.string().min(1).max(20_000).describe('The remark')
const path = z.string().min(1).max(1000).describe('File the remark is about')
const line = z.int().min(1).describe('Line in that file')
const side = CommentSide.describe('Version of the file that the line is in; default: new')
const resolve = Resolve.describe('Asks for work; default: a remark')

export const changeComment = defineTool({
  name: 'change_comment',
  title: 'Comment on a change',
  description:
    'Adds a remark to a change, to the whole or to a line; with `resolve` it asks for work, and the task goes back to an agent. Use change_review for a verdict with several comments at once.',
  effect: 'create',
  scope: 'repo:write',
  input: {
    change,
    body,
    path: path.optional(),
    line: line.optional(),
    side: side.optional(),
    resolve: resolve.optional(),
    reply_to: z.string().max(60).optional().describe('Id of the comment that it answers'),
    settles: z.boolean().default(false).describe('Whether the comment it answers is settled by it'),
    revision: z.int().min(1).optional().describe('Revision it is about; default: the last'),
  },
  output: ChangeComment,
  run: async ({ change: id, revision: asked, reply_to: replyTo, settles, ...given }, ctx) => {
    if (settles && replyTo === undefined)
      throw new HubError('invalid', '`settles` needs `reply_to`, the comment that is settled')
    const row = await findChange(ctx, id)
    if (given.resolve !== undefined || settles) {
      ctx.ensure('change.review', { change: id, task: row.task ?? undefined })
    }
    if (replyTo !== undefined) await requireComment(ctx.reader, row, replyTo)
    const { provider, change, revision } = await openChange(ctx, row, asked)
    const comment = { id: ctx.id('comment'), ...stated(given) }
    const { id: author, kind } = ctx.principal
    await provider.comment(change, { ...comment, by: author })
    const reply = replyTo === undefined ? {} : { replyTo }
    const said = { ...comment, ...reply, revision, author, kind }
    return ctx.transaction((tx) => commentOnChange(tx, id, said, { settles }))
  },
})

export const changeReview = defineTool({
  name: 'change_review',
  title: 'Review a change',
  description:
    'Records a verdict on a revision, with comments on its lines: accept, or request_changes, which sends the task back to an agent with your words. Use change_merge to bring an accepted change in.',
  effect: 'update',
  scope: 'repo:write',
  input: {
    change,
    verdict: Verdict.describe('accept or request_changes'),
    body: z
      .string()
      .max(20_000)
      .default('')
      .describe('Why; for request_changes, what should be different'),
    comments: z
      .array(
        z.strictObject({
          body: z.string().min(1).max(20_000),
          path: z.string().min(1).max(1000).optional(),
          line: z.int().min(1).optional(),
          side: CommentSide.optional(),
          resolve: resolve.optional(),
        }),
      )
      .max(50)
      .default([])
      .describe('Comments on the whole or on lines, as change_comment takes them'),
    revision: z.int().min(1).optional().describe('Revision reviewed; default: the last'),
  },
  output: ChangeReview,
  text: reviewText,
  run: async ({ change: id, verdict, body: words, comments: given, revision: asked }, ctx) => {
    if (verdict === 'request_changes' && words.trim() === '' && given.length === 0) {
      throw new HubError(
        'invalid',
        'request_changes needs a `body` or `comments` that say what should be different',
      )
    }
    const row = await findChange(ctx, id)
    assertOpen(row)
    ctx.ensure('change.review', { change: id, task: row.task ?? undefined })
    const { provider, change, revision } = await openChange(ctx, row, asked)
    assertReviewable(row, { verdict, revision })
    const { id: reviewer, kind, task } = ctx.principal
    const policy = reviewPolicyOf(ctx.config.file, row.org)
    const earlier = task && (await readReviewOfTask(ctx.reader, { change: id, revision, task }))
    if (earlier) return shownReview(earlier, policy)
    const review = { id: ctx.id('review'), verdict, body: words }
    const comments = given.map((comment) => ({ id: ctx.id('comment'), ...stated(comment) }))
    for (const comment of comments) await provider.comment(change, { ...comment, by: reviewer })
    await provider.review(change, { ...review, by: reviewer })
    const isAuthor = await isAuthorOf(ctx, row)
    const of = { revision, reviewer, kind, task, isAuthor }
    const said = comments.map((comment) => ({
      ...comment,
      ...{ revision, author: reviewer, kind, review: review.id },
    }))
    const kept = await ctx.transaction((tx) => reviewChange(tx, id, { ...review, ...of }, said))
    return shownReview(kept, policy)
  },
})

export const changeClose = defineTool({
  name: 'change_close',
  title: 'Close a change',
  description:
    'Turns a change down for good; its branch stays in the repository. Use change_review with request_changes to have it revised instead.',
  effect: 'update',
  scope: 'repo:merge',
  idempotent: true,
  input: { change, reason: z.string().max(2000).default('').describe('Why') },
  output: Change,
  run: async ({ change: id, reason }, ctx) => {
    const row = await findChange(ctx, id)
    if (row.state === 'closed') return toChange(row)
    assertOpen(row)
    const { provider, change } = await openChange(ctx, row)
    await provider.close(change, { reason, by: ctx.principal.id })
    return toChange(await ctx.transaction((tx) => closeChange(tx, id, reason)))
  },
})

/** Whether the caller is who asked for the work, or proposed it. */
async function isAuthorOf(ctx: Context, { author, task }: ChangeRow): Promise<boolean> {
  const { id } = ctx.principal
  if (id === author) return true
  if (task === null) return false
  const submitter = await readSubmitter(ctx.reader, task)
  return submitter !== 'unknown' && submitter.id === id
}

/** Without the fields that were not given. */
const stated = <Given extends object>(
  given: Given,
): { [Key in keyof Given]: NonNullable<Given[Key]> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Given]: NonNullable<Given[Key]> // Those that are left.
  }
