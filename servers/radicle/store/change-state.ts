import type { ChangeReview } from '../../../schemas/change.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { ChangeRow } from './changes.ts'

// What may be done with a change as it is.

export function assertOpen(row: ChangeRow): void {
  if (row.state === 'open') return
  throw new HubError('conflict', `change ${row.id} is ${row.state}`, {
    details: { state: row.state },
  })
}

/** A draft is for its author to finish: it is looked at and commented on, no more. */
export function assertReady(row: ChangeRow): void {
  if (row.draft === 0) return
  throw new HubError('conflict', `change ${row.id} is a draft: it is not reviewed or merged yet`, {
    hint: 'change_update with `draft` false makes it ready; change_comment says something of it until then.',
    details: { draft: true },
  })
}

/** Only what was proposed last can be asked to change; an older revision can still be accepted. */
export function assertReviewable(
  row: ChangeRow,
  { verdict, revision }: Pick<ChangeReview, 'verdict' | 'revision'>,
): void {
  assertOpen(row)
  assertReady(row)
  if (verdict !== 'request_changes' || revision === row.revisions) return
  throw new HubError(
    'conflict',
    `revision ${revision} is not the last one of ${row.id}, which is ${row.revisions}`,
    { hint: 'Read the last revision and review that one.' },
  )
}
