import type { Event } from '../../../schemas/event.ts'
import type { Reader, Row } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

export type EventRow = Row & {
  seq: number
  at: number
  org: string
  kind: string
  subject: string
  task: string | null
  data: string
}

export const toEvent = (row: EventRow): Event => ({
  seq: row.seq,
  at: row.at,
  org: row.org,
  kind: row.kind,
  subject: row.subject,
  ...(row.task === null ? {} : { task: row.task }),
  data: JSON.parse(row.data) as Record<string, unknown>, // Written by Transaction.event.
})

/** The next events after a number, in order. */
export async function listEvents(
  reader: Reader,
  filter: { after: number; limit: number; task: string | undefined; orgs: string[] | undefined },
): Promise<Event[]> {
  const { after, limit, task, orgs } = filter
  const where = [
    'seq > :after',
    ...(task === undefined ? [] : ['task = :task']),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ]
  const rows = await reader.all<EventRow>(
    `SELECT * FROM events WHERE ${where.join(' AND ')} ORDER BY seq LIMIT :limit`,
    {
      after,
      limit,
      ...(task === undefined ? {} : { task }),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return rows.map(toEvent)
}

/** The number of the newest event, 0 when there is none. */
export const lastEventSeq = async (reader: Reader): Promise<number> =>
  (await reader.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM events'))?.seq ?? 0
