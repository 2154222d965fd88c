import type { ChangeComment } from '../../../schemas/change.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Reader, Transaction } from '../../kit/sql.ts'
import type { ChangeRow } from './changes.ts'
import { assertOpen, assertReviewable } from './change-state.ts'
import { recordChange, requireChange } from './changes.ts'
import type { Asking, NewComment } from './comments.ts'
import {
  addComment,
  isAnswered,
  lastAskedByComment,
  readAskingComments,
  readComment,
  readCommentNumbered,
  settleComment,
} from './comments.ts'
import type { StoredReview } from './reviews.ts'
import { addReview, lastAskedByReview, readAskingReviews, readReviewOfTask } from './reviews.ts'

// What is said about a change. Its remarks, comments and reviews alike, are numbered in the order in
// which they were recorded, so that one number tells what an attempt has read.

const maxRemarks = 1000

type Said = Omit<NewComment, 'number' | 'createdAt'>

/** A remark; as a reply it can say that what it answers is settled. */
export async function commentOnChange(
  tx: Transaction,
  id: string,
  given: Said,
  { settles = false }: { settles?: boolean } = {},
): Promise<ChangeComment> {
  const row = await requireChange(tx, id)
  const isAsking = given.resolve !== undefined
  if (isAsking) assertOpen(row)
  const answered =
    given.replyTo === undefined ? undefined : await requireComment(tx, row, given.replyTo)
  const comment = await add(tx, row, given, row.remarks + 1)
  if (settles && answered) await settleComment(tx, answered.id, { ...answered, state: 'resolved' })
  await recordChange(tx, { ...row, remarks: row.remarks + 1 }, 'change.commented', {
    comment: comment.id,
    asks: isAsking,
    ...(settles && answered ? { resolves: answered.id } : {}),
  })
  return comment
}

type NewReview = Omit<StoredReview, 'number' | 'createdAt'>

/** A verdict with its comments, one after another; the agent of a task gives one for a revision. */
export async function reviewChange(
  tx: Transaction,
  id: string,
  given: NewReview,
  comments: Said[],
): Promise<StoredReview> {
  const row = await requireChange(tx, id)
  const { task, revision, verdict } = given
  const earlier = task && (await readReviewOfTask(tx, { change: id, revision, task }))
  if (earlier) return earlier
  assertReviewable(row, given)
  let remarks = row.remarks
  for (const comment of comments) await add(tx, row, comment, ++remarks)
  if (remarks >= maxRemarks) throw tooMany(row)
  const review = { ...given, number: ++remarks, createdAt: tx.now }
  await addReview(tx, id, review)
  await recordChange(tx, { ...row, remarks }, 'change.reviewed', {
    verdict,
    revision,
    review: review.id,
    comments: comments.length,
  })
  return review
}

/** An answer of the author to a comment, with the commit that settles it where one does. */
export type Answer = { id: string; comment: number; body: string; commit?: string | undefined }

/**
 * Answers to comments, as they came with a revision. One that was given already is not given again, so
 * that a repeated proposal changes nothing. Words alone do not settle what is required: that stays open
 * for its reviewer.
 */
export async function answerComments(
  tx: Transaction,
  row: ChangeRow,
  answers: Answer[],
  by: Pick<NewComment, 'author' | 'kind'>,
): Promise<ChangeRow> {
  let remarks = row.remarks
  const addressed: string[] = []
  for (const { id, comment: number, body, commit } of answers) {
    const comment = await readCommentNumbered(tx, row.id, number)
    if (!comment || comment.state !== 'open' || comment.replyTo !== undefined) continue
    const revision = row.revisions
    const answered = { change: row.id, comment: comment.id, revision, kind: by.kind }
    if (await isAnswered(tx, answered)) continue
    const addressedIn = commit === undefined ? undefined : { commit, revision }
    const reply: Said = {
      ...{ id, revision, body, replyTo: comment.id, state: 'addressed' as const },
      ...by,
      ...(addressedIn ? { addressedIn } : {}),
    }
    await add(tx, row, reply, ++remarks)
    if (addressedIn || comment.resolve !== 'required')
      await settleComment(tx, comment.id, {
        state: 'addressed',
        ...(addressedIn ? { addressedIn } : {}),
      })
    addressed.push(comment.id)
  }
  if (addressed.length === 0) return row
  return recordChange(tx, { ...row, remarks }, 'change.answered', { comments: addressed })
}

/** What asks for work and was recorded after the last attempt had read the discussion. */
export async function readPending(reader: Reader, row: ChangeRow): Promise<Asking[]> {
  const [comments, reviews] = await Promise.all([
    readAskingComments(reader, row.id, row.taken),
    readAskingReviews(reader, row.id, row.taken),
  ])
  return [...comments, ...reviews]
}

/** How many revisions there are since a person last asked for one. */
export async function roundsAlone(reader: Reader, row: ChangeRow): Promise<number> {
  const asked = await Promise.all([
    lastAskedByComment(reader, row.id),
    lastAskedByReview(reader, row.id),
  ])
  return row.revisions - Math.max(1, ...asked)
}

/** The comment of a change that is called so: by its id, or by its number, as in #3. */
export async function requireComment(
  reader: Reader,
  { id }: ChangeRow,
  called: string,
): Promise<ChangeComment> {
  const number = /^#?(\d{1,6})$/.exec(called)?.[1]
  const found = await (number === undefined
    ? readComment(reader, id, called)
    : readCommentNumbered(reader, id, Number(number)))
  if (found) return found
  throw new HubError('not_found', `change ${id} has no comment ${JSON.stringify(called)}`, {
    hint: 'change_read shows the comments; pass the id of one, or its number, such as #1.',
  })
}

async function add(
  tx: Transaction,
  row: ChangeRow,
  given: Said,
  number: number,
): Promise<ChangeComment> {
  if (number > maxRemarks) throw tooMany(row)
  const comment = { ...given, number, createdAt: tx.now }
  await addComment(tx, row.id, comment)
  const { kind: _kind, ...shown } = comment
  return { ...shown, state: given.state ?? 'open' }
}

const tooMany = ({ id }: ChangeRow) =>
  new HubError(
    'exhausted',
    `change ${id} has ${maxRemarks} comments and reviews, which is the most`,
    {
      hint: 'Merge or close it, and go on in another change.',
    },
  )
