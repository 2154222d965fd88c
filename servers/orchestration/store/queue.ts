import { laneOf, needsOf, unpinned } from '../../kit/needs.ts'
import type { Reader, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import type { TaskRow } from './task-row.ts'

// The queue of an org: its tasks that wait for somebody, in lanes of equal needs, by rank in each.

/** More kinds of needs than these wait in one org at a time only by mistake; the rest wait for their turn. */
const maxLanes = 1000

type Head = { lane: string; id: string; rank: number }

/** The first due task of each lane, from the queue index alone: a jump for each lane, however many wait in it. */
async function listHeads(reader: Reader, org: string, now: number): Promise<Head[]> {
  const heads: Head[] = []
  let head = await reader.get<Head>(
    `SELECT lane, id, rank FROM tasks
     WHERE state = 'queued' AND org = :org AND lane = '' AND not_before_at <= :now
     ORDER BY rank, id LIMIT 1`,
    { org, now },
  )
  if (head) heads.push(head)
  while (heads.length < maxLanes) {
    head = await reader.get<Head>(
      `SELECT lane, id, rank FROM tasks
       WHERE state = 'queued' AND org = :org AND lane > :after AND not_before_at <= :now
       ORDER BY lane, rank, id LIMIT 1`,
      { org, after: head?.lane ?? '', now },
    )
    if (!head) break
    heads.push(head)
  }
  return heads
}

/** The lanes of an org that have something due. */
export const listDueLanes = async (reader: Reader, org: string, now: number): Promise<string[]> =>
  (await listHeads(reader, org, now)).map(({ lane }) => lane)

/** Orgs that have something queued, by jumps over the queue index: a full scan would grow with it. */
export const listQueuedOrgs = async (reader: Reader): Promise<string[]> =>
  (
    await reader.all<{ org: string }>(
      `WITH RECURSIVE orgs (org) AS (
         SELECT min(org) FROM tasks WHERE state = 'queued'
         UNION ALL
         SELECT (SELECT min(org) FROM tasks WHERE state = 'queued' AND org > orgs.org)
         FROM orgs WHERE orgs.org IS NOT NULL
       ) SELECT org FROM orgs WHERE org IS NOT NULL`,
    )
  ).map(({ org }) => org)

/** The id of the next due task of those lanes that can be taken, read from the queue index alone. */
export async function nextQueuedTask(
  reader: Reader,
  { org, now, canTake }: { org: string; now: number; canTake: (lane: string) => boolean },
): Promise<string | undefined> {
  const heads = (await listHeads(reader, org, now)).filter(({ lane }) => canTake(lane))
  return heads.sort((a, b) => (isBefore(a, b) ? -1 : 1))[0]?.id
}

/** The next due tasks of some lanes in the order of the queue that have no live pod, without those named. */
export async function listQueued(
  reader: Reader,
  options: { org: string; lanes: string[]; without: string[]; limit: number; now: number },
): Promise<TaskRow[]> {
  const { org, lanes, without, limit, now } = options
  const rows: TaskRow[] = []
  for (const lane of lanes)
    rows.push(
      ...(await reader.all<TaskRow>(
        `SELECT * FROM tasks
         WHERE state = 'queued' AND org = :org AND lane = :lane AND not_before_at <= :now
           AND id NOT ${anyOf('without')}
           AND NOT EXISTS (SELECT 1 FROM pods WHERE pods.task = tasks.id AND pods.ended_at IS NULL)
         ORDER BY rank, id LIMIT :limit`,
        { org, lane, limit, now, without: JSON.stringify(without) },
      )),
    )
  return rows.sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, limit)
}

/** The most urgent due tasks of an org, of those that have a priority above 0. */
export const listUrgent = (
  reader: Reader,
  { org, now, limit }: { org: string; now: number; limit: number },
): Promise<TaskRow[]> =>
  reader.all<TaskRow>(
    `SELECT * FROM tasks
     WHERE state = 'queued' AND org = :org AND priority > 0 AND not_before_at <= :now
     ORDER BY priority DESC, rank, id LIMIT :limit`,
    { org, now, limit },
  )

/** Where some tasks stand, and how urgent they are. */
export const listStanding = (
  reader: Reader,
  ids: string[],
): Promise<Pick<TaskRow, 'id' | 'org' | 'state' | 'priority'>[]> =>
  reader.all<Pick<TaskRow, 'id' | 'org' | 'state' | 'priority'>>(
    `SELECT id, org, state, priority FROM tasks WHERE id ${anyOf('ids')}`,
    { ids: JSON.stringify(ids) },
  )

/** Queued tasks of a lane that do not say yet why they wait. */
export const listUnexplained = (
  reader: Reader,
  { org, lane, limit }: { org: string; lane: string; limit: number },
): Promise<{ id: string }[]> =>
  reader.all<{ id: string }>(
    `SELECT id FROM tasks
     WHERE state = 'queued' AND org = :org AND lane = :lane AND pending_reason IS NULL
     ORDER BY rank, id LIMIT :limit`,
    { org, lane, limit },
  )

/** How many tasks of an org are queued, counted up to `most`. */
export const countQueued = async (reader: Reader, org: string, most: number): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      `SELECT count(*) AS count FROM (
         SELECT 1 FROM tasks WHERE state = 'queued' AND org = :org LIMIT :most
       ) AS queued`,
      { org, most },
    )
  )?.count ?? 0

/** How many tasks of all orgs are queued. */
export const countAllQueued = async (reader: Reader): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      "SELECT count(*) AS count FROM tasks WHERE state = 'queued'",
    )
  )?.count ?? 0

/** When the next task that waits for another attempt becomes due, or undefined when none does. */
export const nextDueAt = async (reader: Reader, now: number): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      `SELECT min(not_before_at) AS at FROM tasks
       WHERE state = 'queued' AND not_before_at > 0 AND not_before_at > :now`,
      { now },
    )
  )?.at ?? undefined

/** Ends the pause before a queued task's next attempt. */
export async function makeDue(tx: Transaction, row: TaskRow): Promise<TaskRow> {
  const waits = { pending_reason: null, waiting_for: null }
  const next = { ...row, ...waits, not_before_at: 0, updated_at: tx.now }
  await tx.run(
    `UPDATE tasks SET not_before_at = 0, pending_reason = NULL, waiting_for = NULL,
       updated_at = :updated_at WHERE id = :id`,
    next,
  )
  tx.wake(`queue:${row.org}`)
  tx.about(row.id)
  return next
}

/** Keeps why a queued task waits; false where it says so already, or waits no more. */
export async function holdTask(tx: Transaction, row: TaskRow, reason: string): Promise<boolean> {
  if (row.state !== 'queued' || row.pending_reason === reason) return false
  const { id, org } = row
  await tx.run('UPDATE tasks SET pending_reason = :reason WHERE id = :id', { id, reason })
  await tx.event({ kind: 'task.held', org, subject: id, task: id, data: { reason } })
  return true
}

/** Lets others take a queued task than whom it names; false where nobody is named any more. */
export async function freeTask(tx: Transaction, row: TaskRow, reason: string): Promise<boolean> {
  const { id, org } = row
  const lane = laneOf(unpinned(needsOf(row.lane)))
  if (row.state !== 'queued' || row.lane === lane) return false
  await tx.run('UPDATE tasks SET lane = :lane, pending_reason = NULL WHERE id = :id', { id, lane })
  await tx.event({ kind: 'task.freed', org, subject: id, task: id, data: { reason } })
  tx.wake(`queue:${org}`)
  return true
}

const isBefore = (a: { rank: number; id: string }, b: { rank: number; id: string }): boolean =>
  a.rank < b.rank || (a.rank === b.rank && a.id < b.id)
