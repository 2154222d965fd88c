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

type EventFilter = {
  principal: string
  limit: number
  task: string | undefined
  orgs: string[] | undefined
}

/** The next events after a number, in order, that a principal may know of. */
export async function listEvents(
  reader: Reader,
  { after, ...filter }: EventFilter & { after: number },
): Promise<Event[]> {
  const { where, values } = known(filter)
  const rows = await reader.all<EventRow>(
    `SELECT * FROM events WHERE seq > :after AND ${where} ORDER BY seq LIMIT :limit`,
    { ...values, after },
  )
  return rows.map(toEvent)
}

/** The last events before a number, or of all, in order; `previous` is where those before them end. */
export async function listLastEvents(
  reader: Reader,
  { before, ...filter }: EventFilter & { before: number | undefined },
): Promise<{ items: Event[]; previous?: number }> {
  const { where, values } = known({ ...filter, limit: filter.limit + 1 })
  const rows = await reader.all<EventRow>(
    `SELECT * FROM events WHERE seq < :before AND ${where} ORDER BY seq DESC LIMIT :limit`,
    { ...values, before: before ?? Number.MAX_SAFE_INTEGER },
  )
  const items = rows.slice(0, filter.limit).toReversed().map(toEvent)
  const first = items[0]
  return rows.length > filter.limit && first ? { items, previous: first.seq } : { items }
}

/** The condition by which a principal may know of an event, with its values. */
function known({ principal, limit, task, orgs }: EventFilter) {
  const where = [
    '(owner IS NULL OR owner = :principal)',
    ...(task === undefined ? [] : ['task = :task']),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ].join(' AND ')
  const values = {
    principal,
    limit,
    ...(task === undefined ? {} : { task }),
    ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
  }
  return { where, values }
}

/** The number of the newest event, 0 when there is none. */
export const lastEventSeq = async (reader: Reader): Promise<number> =>
  (await reader.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM events'))?.seq ?? 0
