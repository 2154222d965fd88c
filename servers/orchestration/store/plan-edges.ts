import type { Reader, Transaction } from '../../kit/sql.ts'

export type Edge = { source: number; target: number; early: boolean }

export const insertEdge = (
  tx: Transaction,
  plan: string,
  { source, target, early }: Edge,
): Promise<void> => tx.insert('plan_edges', { plan, source, target, early: early ? 1 : 0 })

/** Removes some edges of a plan, and returns how many. */
export const dropEdges = (tx: Transaction, plan: string, count: number): Promise<number> =>
  tx.run(
    `DELETE FROM plan_edges WHERE plan = :plan AND source IN
       (SELECT source FROM plan_edges WHERE plan = :plan ORDER BY source LIMIT :count)`,
    { plan, count },
  )

/** The first steps that a step needs, by number. */
export const listNeeds = (
  reader: Reader,
  plan: string,
  target: number,
  limit: number,
): Promise<{ number: number; name: string }[]> =>
  reader.all<{ number: number; name: string }>(
    `SELECT step.number AS number, step.name AS name FROM plan_edges
     JOIN plan_steps step ON step.plan = plan_edges.plan AND step.number = plan_edges.source
     WHERE plan_edges.plan = :plan AND plan_edges.target = :target
     ORDER BY plan_edges.source LIMIT :limit`,
    { plan, target, limit },
  )

export const countNeeds = async (reader: Reader, plan: string, target: number): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      'SELECT count(*) AS count FROM plan_edges WHERE plan = :plan AND target = :target',
      { plan, target },
    )
  )?.count ?? 0
