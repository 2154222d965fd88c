import { z } from 'zod'
import { Change, ChangeComment, ChangeReview, Verdict } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import type { Tx } from '../kit/tx.ts'
import type { ChangeRow } from './change-rows.ts'
import { findChange, lastRevision, toChange, touchChange } from './change-rows.ts'

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
  run: ({ change: id, body, path, line, revision }, ctx) => {
    const commentId = ctx.id('comment')
    return ctx.write((tx) => {
      const row = findChange(ctx, tx, id)
      const comment = {
        id: commentId,
        revision: checkedRevision(tx, row, revision),
        author: ctx.principal.id,
        body,
        ...(path === undefined ? {} : { path }),
        ...(line === undefined ? {} : { line }),
        createdAt: tx.now,
      }
      tx.run(
        `INSERT INTO comments (id, change, revision, author, body, path, line, created_at)
         VALUES (:id, :change, :revision, :author, :body, :path, :line, :createdAt)`,
        { ...comment, change: id, path: path ?? null, line: line ?? null },
      )
      touchChange(tx, row, 'change.commented', { comment: commentId })
      return comment
    })
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
  run: ({ change: id, verdict, body, revision }, ctx) => {
    if (verdict === 'request_changes' && body.trim() === '') {
      throw new HubError(
        'invalid',
        'request_changes needs a `body` that says what should be different',
      )
    }
    const reviewId = ctx.id('review')
    return ctx.write((tx) => {
      const row = findChange(ctx, tx, id)
      requireOpen(row)
      if (ctx.principal.kind === 'agent') {
        throw new HubError('denied', 'an agent does not review the change of its own task')
      }
      const number = checkedRevision(tx, row, revision)
      const last = lastRevision(tx, id)?.number
      if (verdict === 'request_changes' && number !== last) {
        throw new HubError(
          'conflict',
          `revision ${number} is not the last one of ${id}, which is ${last}`,
          {
            hint: 'Read the last revision and review that one.',
          },
        )
      }
      const review = {
        id: reviewId,
        revision: number,
        reviewer: ctx.principal.id,
        verdict,
        body,
        createdAt: tx.now,
      }
      tx.run(
        `INSERT INTO reviews (id, change, revision, reviewer, verdict, body, created_at)
         VALUES (:id, :change, :revision, :reviewer, :verdict, :body, :createdAt)`,
        { ...review, change: id },
      )
      touchChange(tx, row, 'change.reviewed', { verdict, revision: number, review: review.id })
      return review
    })
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
  run: ({ change: id, reason }, ctx) =>
    ctx.write((tx) => {
      const row = findChange(ctx, tx, id)
      if (row.state === 'closed') return toChange(tx, row)
      requireOpen(row)
      return toChange(tx, touchChange(tx, { ...row, state: 'closed' }, 'change.closed', { reason }))
    }),
})

export function requireOpen(row: ChangeRow): void {
  if (row.state === 'open') return
  throw new HubError('conflict', `change ${row.id} is ${row.state}`, {
    details: { state: row.state },
  })
}

function checkedRevision(tx: Tx, row: ChangeRow, revision: number | undefined): number {
  const last = lastRevision(tx, row.id)?.number ?? 0
  if (revision === undefined || revision <= last) return revision ?? last
  throw new HubError('not_found', `change ${row.id} has no revision ${revision}`, {
    hint: `It has ${last}.`,
  })
}
