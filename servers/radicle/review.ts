import { z } from 'zod'
import { Change, ChangeComment, ChangeReview, Verdict } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { findChange, openChange } from './change-access.ts'
import {
  assertOpen,
  assertReviewable,
  closeChange,
  commentOnChange,
  reviewChange,
  toChange,
} from './store/changes.ts'

const change = z.string().max(60).describe('Change id')

export const changeComment = defineTool({
  name: 'change_comment',
  title: 'Comment on a change',
  description:
    'Adds a remark to a change, to the whole or to a line. It asks for nothing by itself; use change_review to have the change revised.',
  effect: 'create',
  scope: 'repo:write',
  input: {
    change,
    body: z.string().min(1).max(20_000).describe('The remark'),
    path: z.string().max(1000).optional().describe('File the remark is about'),
    line: z.int().min(1).optional().describe('Line in the new version of that file'),
    revision: z.int().min(1).optional().describe('Revision it is about; default: the last'),
  },
  output: ChangeComment,
  run: async ({ change: id, body, path, line, revision: asked }, ctx) => {
    const row = await findChange(ctx, id)
    const { provider, change, revision } = await openChange(ctx, row, asked)
    const author = ctx.principal.id
    const comment = {
      id: ctx.id('comment'),
      body,
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line }),
    }
    await provider.comment(change, { ...comment, by: author })
    return ctx.transaction((tx) => commentOnChange(tx, id, { ...comment, revision, author }))
  },
})

export const changeReview = defineTool({
  name: 'change_review',
  title: 'Review a change',
  description:
    'Records a verdict on a revision: accept, or request_changes, which sends the task back to an agent with your words and the comments. Use change_merge to bring an accepted change in.',
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
    revision: z.int().min(1).optional().describe('Revision reviewed; default: the last'),
  },
  output: ChangeReview,
  run: async ({ change: id, verdict, body, revision: asked }, ctx) => {
    if (verdict === 'request_changes' && body.trim() === '') {
      throw new HubError(
        'invalid',
        'request_changes needs a `body` that says what should be different',
      )
    }
    const row = await findChange(ctx, id)
    assertOpen(row)
    ctx.ensure('change.review', { task: row.task ?? undefined })
    const { provider, change, revision } = await openChange(ctx, row, asked)
    assertReviewable(row, { verdict, revision })
    const reviewer = ctx.principal.id
    const review = { id: ctx.id('review'), verdict, body }
    await provider.review(change, { ...review, by: reviewer })
    return ctx.transaction((tx) => reviewChange(tx, id, { ...review, revision, reviewer }))
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
