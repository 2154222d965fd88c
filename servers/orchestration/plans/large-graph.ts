import { setImmediate } from 'node:timers/promises'
import { HubError } from '../../../schemas/errors.ts'
import type { Context } from '../../kit/context.ts'
import type { Transaction } from '../../kit/sql.ts'
import type { Store } from '../../kit/store.ts'
import { dropEdges, insertEdge } from '../store/plan-edges.ts'
import { dropSteps, insertStep } from '../store/plan-steps.ts'
import type { PlanRow } from '../store/plans.ts'
import { dropPlan, listUnfinished, readPlan } from '../store/plans.ts'
import { settleGraph } from './graph-store.ts'
import type { Graph } from './step-input.ts'

/** Rows that one transaction stores, about 10 ms of the writer: others get their turn between. */
const partRows = 500

/** Whether a graph is stored in parts. */
export const isLarge = ({ steps, edges }: Graph): boolean => steps.length + edges.length > partRows

/**
 * Stores a graph of many steps in parts, so that nobody waits for all of it. Until the last one the plan
 * is `drafting` and shows no steps; what goes wrong before, or is killed, leaves nothing of it.
 */
export async function storeInParts(
  ctx: Context,
  plan: PlanRow,
  graph: Graph,
  approval: string,
): Promise<PlanRow> {
  const { store } = ctx
  try {
    const at = plan.updated_at
    await inParts(store, graph.steps, (tx, step) =>
      insertStep(tx, { ...step, plan: plan.id, updated_at: at }),
    )
    await inParts(store, graph.edges, (tx, edge) => insertEdge(tx, plan.id, edge))
    return await ctx.transaction(async (tx) => {
      const row = await readPlan(tx, plan.id)
      if (row?.state === 'drafting') return settleGraph(tx, row, graph, approval)
      throw new HubError('conflict', `the plan ${plan.id} was taken back while it was stored`)
    })
  } catch (error) {
    await discard(store, plan.id)
    throw error
  }
}

/** Removes plans that a killed hub had not stored whole. Nobody was told of them. */
export async function discardUnfinished(
  store: Pick<Store, 'reader' | 'transaction'>,
): Promise<void> {
  for (const { id } of await listUnfinished(store.reader)) await discard(store, id)
}

async function inParts<T>(
  store: Pick<Store, 'transaction'>,
  rows: T[],
  insert: (tx: Transaction, row: T) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += partRows) {
    await store.transaction(async (tx) => {
      for (const row of rows.slice(from, from + partRows)) await insert(tx, row)
    })
    await setImmediate() // A commit is acknowledged at once; who came meanwhile goes first.
  }
}

/** A commit that reported an error may have been stored, so one that is whole by now stays. */
async function discard(store: Pick<Store, 'transaction'>, plan: string): Promise<void> {
  for (const drop of [dropEdges, dropSteps]) {
    const part = async (tx: Transaction) =>
      (await readPlan(tx, plan))?.state === 'drafting' ? drop(tx, plan, partRows) : 0
    while ((await store.transaction(part)) > 0);
  }
  await store.transaction((tx) => dropPlan(tx, plan))
}
