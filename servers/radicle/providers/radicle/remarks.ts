import { HubError } from '../../../../schemas/errors.ts'
import type { ChangeProvider, ProvidedChange } from '../provider.ts'
import { act, patchOf } from './patches.ts'
import type { RadRepository } from './rad-repository.ts'

type Comment = Parameters<ChangeProvider['comment']>[1]
type Review = Parameters<ChangeProvider['review']>[1]

/**
 * Says something of a patch, and returns the operation that does. A comment carries no mark of the
 * hub's, so one that may be there already is told by its words and its place.
 */
export async function commentOnPatch(
  there: RadRepository,
  change: ProvidedChange,
  { body, path, line, by, known }: Comment,
): Promise<string> {
  const { handle, revision } = namesOf(change)
  const text = signed(body, by)
  if (known) {
    const { remarks } = await patchOf(there, handle)
    const said = remarks.find(
      (one) =>
        one.author === there.me.nid &&
        one.revision === revision &&
        one.verdict === undefined &&
        one.body.trim() === text &&
        one.path === path &&
        one.line === line &&
        !known.has(one.id),
    )
    if (said) return said.id
  }
  const lines = line === undefined ? null : linesAt(line)
  const location =
    path === undefined ? {} : { location: { commit: change.head, path, old: null, new: lines } }
  return act(there, there.me, handle, [
    { type: 'revision.comment', revision, body: text, ...location },
  ])
}

/** Each key has one review of a revision: a second verdict takes the place of the first. */
export async function reviewPatch(
  there: RadRepository,
  change: ProvidedChange,
  { verdict, body, by, known }: Review,
): Promise<void> {
  const { handle, revision } = namesOf(change)
  const { reviews, remarks } = await patchOf(there, handle)
  const summary = signed(body, by)
  const given = { summary, verdict: verdict === 'accept' ? 'accept' : 'reject', labels: [] }
  const isOwn = (one: { author: string; revision: string }) =>
    one.revision === revision && one.author === there.me.nid
  const last = remarks.findLast((remark) => isOwn(remark) && remark.verdict !== undefined)
  if (known && last?.verdict === given.verdict && last.body === summary) return
  const review = reviews.find(isOwn)
  await act(there, there.me, handle, [
    review
      ? { type: 'review.edit', review: review.id, ...given }
      : { type: 'review', revision, ...given },
  ])
}

/** Several people and agents share a key, so what it says names who said it. */
export const signed = (body: string, by: string): string => `${body}\n\n— ${by}`.trim()

const linesAt = (line: number) => ({ type: 'lines', range: { start: line, end: line + 1 } })

/** What Radicle calls a change and its revision. */
export function namesOf({ id, handle, revisionHandle }: ProvidedChange) {
  if (handle !== undefined && revisionHandle !== undefined)
    return { handle, revision: revisionHandle }
  throw new HubError('conflict', `change ${id} was proposed before its repository was on Radicle`, {
    hint: 'Close it, or merge it by hand, and submit a new task.',
  })
}
