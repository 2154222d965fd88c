import type { RunState, TriggerRun } from '../../../schemas/trigger.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type RunRow = Row & {
  trigger_id: string
  occasion: string
  state: RunState
  request: string
  change: string | null
  task: string | null
  reason: string | null
  at: number
  ended_at: number | null
}

const keptRuns = 200

export const toRun = (row: RunRow): TriggerRun => ({
  trigger: row.trigger_id,
  occasion: row.occasion,
  state: row.state,
  ...(row.task === null ? {} : { task: row.task }),
  ...(row.change === null ? {} : { change: row.change }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  at: row.at,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
})

type Key = { trigger: string; occasion: string }

export const readRun = (reader: Reader, key: Key): Promise<RunRow | undefined> =>
  reader.get<RunRow>(
    'SELECT * FROM trigger_runs WHERE trigger_id = :trigger AND occasion = :occasion',
    key,
  )

/** The run that a task was submitted for, if one was. */
export const readRunOfTask = (reader: Reader, task: string): Promise<RunRow | undefined> =>
  reader.get<RunRow>('SELECT * FROM trigger_runs WHERE task = :task', { task })

/** The last runs of a trigger, newest first. */
export const listRuns = (reader: Reader, trigger: string, limit: number): Promise<RunRow[]> =>
  reader.all<RunRow>(
    `SELECT * FROM trigger_runs WHERE trigger_id = :trigger
     ORDER BY at DESC, occasion DESC LIMIT :limit`,
    { trigger, limit },
  )

/** Runs whose task has still to be submitted, oldest first, a bounded number of them. */
export const listPending = (reader: Reader): Promise<RunRow[]> =>
  reader.all<RunRow>(
    `SELECT * FROM trigger_runs WHERE state = 'pending' AND ended_at IS NULL
     ORDER BY at LIMIT 100`,
  )

/** How many runs of a trigger are under way, and how many wait for one of them to end. */
export async function countOpenRuns(reader: Reader, trigger: string) {
  const rows = await reader.all<{ state: RunState; count: number }>(
    `SELECT state, count(*) AS count FROM trigger_runs
     WHERE ended_at IS NULL AND state IN ('pending', 'submitted', 'waiting')
       AND trigger_id = :trigger GROUP BY state`,
    { trigger },
  )
  const of = (state: RunState) => rows.find((row) => row.state === state)?.count ?? 0
  return { active: of('pending') + of('submitted'), waiting: of('waiting') }
}

/** Records an occasion once; false where it is on record already. Old runs that ended are dropped. */
export async function addRun(tx: Transaction, row: RunRow): Promise<boolean> {
  const added = await tx.run(
    `INSERT INTO trigger_runs
       (trigger_id, occasion, state, request, change, task, reason, at, ended_at)
     VALUES (:trigger_id, :occasion, :state, :request, :change, :task, :reason, :at, :ended_at)
     ON CONFLICT (trigger_id, occasion) DO NOTHING`,
    row,
  )
  if (added === 0) return false
  await tx.run(
    `DELETE FROM trigger_runs WHERE trigger_id = :trigger_id AND ended_at IS NOT NULL AND at <
       (SELECT at FROM trigger_runs WHERE trigger_id = :trigger_id
        ORDER BY at DESC, occasion DESC LIMIT 1 OFFSET :kept)`,
    { trigger_id: row.trigger_id, kept: keptRuns },
  )
  announceRun(tx, row.trigger_id)
  return true
}

/** Takes over the state of a run, its task and why. */
export async function saveRun(tx: Transaction, row: RunRow): Promise<void> {
  await tx.run(
    `UPDATE trigger_runs SET state = :state, task = :task, reason = :reason, ended_at = :ended_at
     WHERE trigger_id = :trigger_id AND occasion = :occasion`,
    row,
  )
  announceRun(tx, row.trigger_id)
}

/** The run that has waited longest for its turn. */
export const nextWaiting = (reader: Reader, trigger: string): Promise<RunRow | undefined> =>
  reader.get<RunRow>(
    `SELECT * FROM trigger_runs
     WHERE trigger_id = :trigger AND state = 'waiting' AND ended_at IS NULL ORDER BY at LIMIT 1`,
    { trigger },
  )

export async function deleteRuns(tx: Transaction, trigger: string): Promise<void> {
  await tx.run('DELETE FROM trigger_runs WHERE trigger_id = :trigger', { trigger })
}

function announceRun(tx: Transaction, trigger: string): void {
  tx.wake('triggers')
  tx.wake(trigger)
}
