import type { Change, ChangeComment, ChangeReview } from '../../schemas/change.ts'
import type { Work } from '../attempt.ts'
import type { Merged, TaskWorkspace } from '../workspace/workspace.ts'

export type Discussion = { change: Change; comments: ChangeComment[]; reviews: ChangeReview[] }

const mostAsked = 100
const mostRemarks = 30

/** Has the target merged into the worktree where the change conflicts with it, or the task says so. */
export async function mergeTarget(
  { lease }: Work,
  space: TaskWorkspace,
  discussion: Discussion | undefined,
): Promise<Merged | undefined> {
  const { params } = lease.task
  if (!discussion?.change.conflict && typeof params.merge !== 'string') return undefined
  const merged = await space.update()
  const files = merged.files.map(({ path }) => path).join(', ')
  await lease.log.say(`${merged.target} is merged in${files ? `, with conflicts in ${files}` : ''}`)
  return merged
}

/** What asks for work and nobody has answered; the oldest first, as many as one attempt takes. */
export const askedFor = ({ comments }: Discussion): ChangeComment[] =>
  comments
    .filter(({ resolve, state }) => resolve !== undefined && state === 'open')
    .slice(0, mostAsked)

/** Remarks on the last revision that ask for nothing by themselves. */
export const remarksOn = ({ change, comments }: Discussion): ChangeComment[] =>
  comments
    .filter(
      ({ revision, resolve, replyTo }) =>
        revision === change.revisions && resolve === undefined && replyTo === undefined,
    )
    .slice(-mostRemarks)

/** The number of the last remark that an attempt has read when it was shown these. */
export function lastSeen(discussion: Discussion): number {
  const asked = askedFor(discussion)
  if (asked.length === mostAsked) return asked.at(-1)?.number ?? 0
  const { comments, reviews } = discussion
  return Math.max(0, ...[...comments, ...reviews].map(({ number }) => number))
}
