import { Resources } from '../../../schemas/task.ts'
import { leastId } from '../../kit/ids.ts'
import type { Reader, Row } from '../../kit/sql.ts'

/** What a pod was promised, and for how long. */
export type Promised = { createdAt: number; endedAt: number | undefined; resources: Resources }

/** Longer than any pod may run, so that one which began before it is over by then. */
const longestRunMs = 2 * 86_400_000

/**
 * Pods that lived after an instant, the newest first and `count` of them at most. An id says when it was
 * made, so that the primary key leads past everything older.
 */
export async function listPromised(
  reader: Reader,
  { since, count, cluster }: { since: number; count: number; cluster: string | undefined },
): Promise<Promised[]> {
  const rows = await reader.all<PromisedRow>(
    `SELECT created_at, ended_at, resources FROM pods
     WHERE id > :from AND (ended_at IS NULL OR ended_at > :since)
     ${cluster === undefined ? '' : 'AND cluster = :cluster'} ORDER BY id DESC LIMIT :count`,
    {
      from: leastId('pod', since - longestRunMs),
      since,
      count,
      ...(cluster === undefined ? {} : { cluster }),
    },
  )
  return rows.map((row) => ({
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
    resources: Resources.parse(JSON.parse(row.resources)),
  }))
}

type PromisedRow = Row & { created_at: number; ended_at: number | null; resources: string }
