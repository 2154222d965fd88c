import type { ChangeComment, ChangeReview, Conflict, Mergeable } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { ReviewPolicy } from '../../schemas/review-policy.ts'
import { reviewPolicyOf } from '../../schemas/review-policy.ts'
import type { Context } from '../kit/context.ts'
import { findRepository } from '../kit/repositories.ts'
import type { GitCopy } from './git/copy.ts'
import { copyOf, resolveCommit } from './git/copy.ts'
import { diffMoves, isAncestor } from './git/history.ts'
import { conflictFiles, mergeTree } from './git/merge-tree.ts'
import { judge, whyUncounted } from './mergeable.ts'
import type { FileMove } from './places.ts'
import { placeAfter, readMoves } from './places.ts'
import { providerOf } from './providers/providers.ts'
import type { ChangeRow } from './store/changes.ts'
import { readComments } from './store/comments.ts'
import { readPending } from './store/discussion.ts'
import type { MergeCheck } from './store/merge-checks.ts'
import { readMergeCheck } from './store/merge-checks.ts'
import type { StoredReview } from './store/reviews.ts'
import { readReviews } from './store/reviews.ts'
import type { StoredRevision } from './store/revisions.ts'
import { readRevisions } from './store/revisions.ts'

/** A change with all that is said about it, and whether it may be merged now. */
export type Assessment = {
  policy: ReviewPolicy
  revisions: StoredRevision[]
  comments: ChangeComment[]
  reviews: StoredReview[]
  mergeable: Mergeable
  /** Where it conflicts with its target as that is now. */
  conflict: Conflict | undefined
}

export async function assessChange(ctx: Context, row: ChangeRow): Promise<Assessment> {
  const policy = reviewPolicyOf(ctx.config.file, row.org)
  const [revisions, comments, reviews, pending, target] = await Promise.all([
    readRevisions(ctx.reader, row.id),
    readComments(ctx.reader, row.id),
    readReviews(ctx.reader, row.id),
    readPending(ctx.reader, row),
    row.state === 'open' ? targetOf(ctx, row) : undefined,
  ])
  const required = comments.filter(
    ({ resolve, state }) => resolve === 'required' && state === 'open',
  ).length
  const facts = {
    state: row.state,
    isDraft: row.draft === 1,
    revision: row.revisions,
    checks: revisions.at(-1)?.checks ?? [],
    reviews,
    required,
    pending: pending.length,
    target: {
      name: row.target,
      isMoved: target?.isMoved ?? false,
      conflicts: target?.conflict?.files ?? [],
      check: target?.check,
    },
  }
  const mergeable = judge(facts, policy)
  return { policy, revisions, comments, reviews, mergeable, conflict: target?.conflict }
}

/** A review as it is shown: with whether its approval counts. */
export function shownReview(
  { kind, isAuthor, task: _task, ...review }: StoredReview,
  policy: ReviewPolicy,
): ChangeReview {
  const uncounted = whyUncounted({ kind, isAuthor }, policy)
  return { ...review, counts: uncounted === undefined, ...(uncounted ? { uncounted } : {}) }
}

/** Comments with where their lines are in the last revision. */
export async function placedComments(
  copy: GitCopy,
  { comments, revisions }: Pick<Assessment, 'comments' | 'revisions'>,
): Promise<ChangeComment[]> {
  const last = revisions.at(-1)
  const known = new Map<string, Promise<Map<string, FileMove> | undefined>>()
  const movesBetween = (from: string, to: string) => {
    const key = `${from} ${to}`
    const moves = known.get(key) ?? readMovesBetween(copy, from, to)
    known.set(key, moves)
    return moves
  }
  const placed: ChangeComment[] = []
  for (const comment of comments) {
    const made = revisions.find(({ number }) => number === comment.revision)
    if (comment.path === undefined || !made || !last) {
      placed.push(comment)
      continue
    }
    const end = comment.side === 'old' ? 'base' : 'head'
    const moves = await movesBetween(made[end], last[end])
    // A difference too long to read says nothing of where a line is.
    const place = moves && placeAfter(comment, moves)
    placed.push(place === undefined ? comment : { ...comment, place })
  }
  return placed
}

async function readMovesBetween(
  copy: GitCopy,
  from: string,
  to: string,
): Promise<Map<string, FileMove> | undefined> {
  if (from === to) return new Map()
  const diff = await diffMoves(copy, from, to)
  return diff === undefined ? undefined : readMoves(diff)
}

/** Where the target is now, as its provider says it; one that cannot be asked is taken as last seen. */
async function targetOf(
  ctx: Context,
  row: ChangeRow,
): Promise<{ isMoved: boolean; conflict?: Conflict; check?: MergeCheck['state'] | undefined }> {
  const repository = await findRepository(ctx, row.repo)
  const copy = copyOf(ctx, repository)
  await providerOf(ctx, repository)
    .refresh()
    .catch((error: unknown) => {
      if (!(error instanceof HubError)) throw error
      ctx.log.warn({ error, change: row.id }, 'the repository of a change cannot be reached')
    })
  const commit = await resolveCommit(copy, row.target)
  if (commit === undefined) return { isMoved: false }
  const isCurrent =
    (await isAncestor(copy, commit, row.head)) || (await isAncestor(copy, row.head, commit))
  if (isCurrent) return { isMoved: false }
  const merged = await mergeTree(copy, commit, row.head)
  if (merged.conflicts.length === 0) {
    const sides = { change: row.id, head: row.head, target: commit }
    return { isMoved: true, check: (await readMergeCheck(ctx.reader, sides))?.state }
  }
  return { isMoved: true, conflict: { target: commit, files: await conflictFiles(copy, merged) } }
}
