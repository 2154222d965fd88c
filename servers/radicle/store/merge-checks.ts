import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `merge_checks`: what the checks said of changes merged with their targets.

export type MergeCheck = Row & {
  change: string
  head: string
  target: string
  /** The commit that is checked. */
  merged: string
  state: 'running' | 'passed' | 'failed'
  /** The task that ran the checks. */
  task: string | null
}

type Sides = { change: string; head: string; target: string }

export const readMergeCheck = (
  reader: Reader,
  { change, head, target }: Sides,
): Promise<MergeCheck | undefined> =>
  reader.get<MergeCheck>(
    `SELECT change, head, target, merged, state, task FROM merge_checks
     WHERE change = :change AND head = :head AND target = :target`,
    { change, head, target },
  )

/** Keeps that a merge is to be checked; false where that is on record already. */
export const addMergeCheck = async (
  tx: Transaction,
  check: Sides & { merged: string },
): Promise<boolean> =>
  (await tx.run(
    `INSERT INTO merge_checks (change, head, target, merged, state, created_at)
     VALUES (:change, :head, :target, :merged, 'running', :now)
     ON CONFLICT (change, head, target) DO NOTHING`,
    { ...check, now: tx.now },
  )) > 0

/** Keeps what came of a check; false where there is none that runs. */
export const endMergeCheck = async (
  tx: Transaction,
  ended: { change: string; merged: string; state: 'passed' | 'failed'; task: string },
): Promise<boolean> =>
  (await tx.run(
    `UPDATE merge_checks SET state = :state, task = :task
     WHERE change = :change AND merged = :merged AND state = 'running'`,
    ended,
  )) > 0
