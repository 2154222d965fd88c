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
import type { Transaction } from '../kit/sql.ts'
import { readSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import { shownReview } from './assessment.ts'
import { findChange, openChange } from './change-access.ts'
import { assertPlaces } from './comment-place.ts'
import { remarkKey, sayOnce } from './once.ts'
import type { ChangeRow } from './store/changes.ts'
import { assertOpen, assertReviewable } from './store/change-state.ts'
import { closeChange, toChange } from './store/changes.ts'
import { readComment } from './store/comments.ts'
import { commentOnChange, requireComment, reviewChange } from './store/discussion.ts'
import { noteRemark } from './store/remarks.ts'
import { readReview, readReviewOfTask } from './store/reviews.ts'
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
    reply_to: z
      .string()
      .max(60)
      .optional()
      .describe('Comment that it answers: its id, or its number, such as #1'),
    settles: z.boolean().default(false).describe('Whether the comment it answers is settled by it'),
    revision: z.int().min(1).optional().describe('Revision it is about; default: the last'),
    idempotency_key: remarkKey,
  },
  output: ChangeComment,
  run: async ({ idempotency_key: key, ...request }, ctx) => {
    const { change: id, revision: _asked, reply_to: replyTo, settles, ...given } = request
    if (settles && replyTo === undefined)
      throw new HubError('invalid', '`settles` needs `reply_to`, the comment that is settled')
    const row = await findChange(ctx, id)
    if (given.resolve !== undefined || settles) {
      ctx.ensure('change.review', { change: id, task: row.task ?? undefined })
    }
    const remark = { change: id, key, request, prefixes: ['comment' as const] }
    return sayOnce(ctx, remark, {
      find: (comment) => readComment(ctx.reader, id, comment),
      say: async (asked, name) => {
        const answered =
          replyTo === undefined ? undefined : await requireComment(ctx.reader, row, replyTo)
        const { provider, copy, change, revision, base } = await openChange(ctx, row, asked)
        await assertPlaces(copy, { revision, head: change.head, base }, [given])
        const {
          ids: [first = ''],
          known,
        } = await name(revision)
        const comment = { id: first, ...stated(given) }
        const { id: author, kind } = ctx.principal
        const handle = await provider.comment(change, { ...comment, by: author, known })
        const reply = answered ? { replyTo: answered.id } : {}
        const said = { ...comment, ...reply, revision, author, kind }
        return ctx.transaction(async (tx) => {
          await noteSaid(tx, id, [{ id: first, handle }])
          return commentOnChange(tx, id, said, { settles })
        })
      },
    })
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
    body: z.string().max(20_000).default('').describe('Why, or what should be different'),
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
      .describe('As change_comment takes them'),
    revision: z.int().min(1).optional().describe('Revision reviewed; default: the last'),
    idempotency_key: remarkKey,
  },
  output: ChangeReview,
  text: reviewText,
  run: async ({ idempotency_key: key, ...request }, ctx) => {
    const { change: id, verdict, body: words, comments: given } = request
    if (verdict === 'request_changes' && words.trim() === '' && given.length === 0) {
      throw new HubError(
        'invalid',
        'request_changes needs a `body` or `comments` that say what should be different',
      )
    }
    const row = await findChange(ctx, id)
    ctx.ensure('change.review', { change: id, task: row.task ?? undefined })
    const { id: reviewer, kind, task } = ctx.principal
    const prefixes = ['review' as const, ...given.map(() => 'comment' as const)]
    const kept = await sayOnce(
      ctx,
      { change: id, key, request, prefixes },
      {
        find: (review) => readReview(ctx.reader, id, review),
        say: async (asked, name) => {
          assertOpen(row)
          const { provider, copy, change, revision, base } = await openChange(ctx, row, asked)
          assertReviewable(row, { verdict, revision })
          const earlier =
            task && (await readReviewOfTask(ctx.reader, { change: id, revision, task }))
          if (earlier) return earlier
          await assertPlaces(copy, { revision, head: change.head, base }, given)
          const { ids, known } = await name(revision)
          const review = { id: ids[0] ?? '', verdict, body: words }
          const comments = given.map((comment, at) => ({
            id: ids[at + 1] ?? '',
            ...stated(comment),
          }))
          const told: Told[] = []
          for (const comment of comments) {
            // Two that say the same of a line are two.
            const taken =
              known && new Set([...known, ...told.flatMap(({ handle }) => handle ?? [])])
            const handle = await provider.comment(change, {
              ...comment,
              by: reviewer,
              known: taken,
            })
            told.push({ id: comment.id, handle })
          }
          await provider.review(change, { ...review, by: reviewer, known })
          const isAuthor = await isAuthorOf(ctx, row)
          const of = { revision, reviewer, kind, task, isAuthor }
          const said = comments.map((comment) => ({
            ...comment,
            ...{ revision, author: reviewer, kind, review: review.id },
          }))
          return ctx.transaction(async (tx) => {
            await noteSaid(tx, id, told)
            return reviewChange(tx, id, { ...review, ...of }, said)
          })
        },
      },
    )
    return shownReview(kept, reviewPolicyOf(ctx.config.file, row.org))
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

type Told = { id: string; handle: string | undefined }

/** Puts on record what the provider calls the hub's own remarks, so that none is taken for another. */
async function noteSaid(tx: Transaction, change: string, told: Told[]): Promise<void> {
  for (const { id: became, handle } of told)
    if (handle !== undefined) await noteRemark(tx, { change, handle, became })
}

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
