import type { Transaction } from '../../kit/sql.ts'
import type { PreparedTask } from '../new-task.ts'
import { askApproval } from '../store/approvals.ts'
import { insertEdge } from '../store/plan-edges.ts'
import type { NewStep } from '../store/plan-steps.ts'
import { gateOf, insertStep } from '../store/plan-steps.ts'
import type { PlanRow } from '../store/plans.ts'
import { movePlan, noSteps, saveTally } from '../store/plans.ts'
import type { Graph } from './step-input.ts'

/** Most characters of a graph that the question about it shows. */
const shownChars = 100_000

/** Stores the steps of a plan, which then runs, or waits for a person to see them. */
export async function storeGraph(
  tx: Transaction,
  plan: PlanRow,
  graph: Graph,
  approval: string,
): Promise<PlanRow> {
  for (const step of graph.steps)
    await insertStep(tx, { ...step, plan: plan.id, updated_at: tx.now })
  for (const edge of graph.edges) await insertEdge(tx, plan.id, edge)
  return settleGraph(tx, plan, graph, approval)
}

/** Counts the steps of a plan, which are stored, and lets it run, or wait for a person. */
export async function settleGraph(
  tx: Transaction,
  plan: PlanRow,
  { steps, edges }: Graph,
  approval: string,
): Promise<PlanRow> {
  const tally = noSteps()
  for (const step of steps) tally[step.state]++
  const counted = await saveTally(tx, plan, tally)
  if (plan.needs_approval === 0) return movePlan(tx, counted, 'running')
  await askApproval(tx, {
    id: approval,
    org: plan.org,
    subject: plan.id,
    kind: 'question',
    question: `May the plan ${plan.title} run? It has ${steps.length} steps.`,
    details: { plan: plan.id, ...shownGraph({ steps, edges }) },
    askedBy: `plan ${plan.id}`,
  })
  return movePlan(tx, counted, 'proposed', { approval })
}

/** The whole graph as a person judges it; of one that is too large, its beginning. */
function shownGraph({ steps, edges }: Graph): Record<string, unknown> {
  const needs = Map.groupBy(edges, ({ target }) => target)
  const shown: object[] = []
  let chars = 0
  for (const step of steps) {
    const sources = (needs.get(step.number) ?? []).map(({ source }) => steps[source - 1]?.name)
    const line = { name: step.name, needs: sources.slice(0, 50), ...whatOf(step) }
    chars += JSON.stringify(line).length
    if (chars > shownChars) break
    shown.push(line)
  }
  const left = steps.length - shown.length
  return {
    graph: shown,
    ...(left > 0 ? { notShown: `${left} more steps; plan_read shows them` } : {}),
  }
}

function whatOf(step: NewStep): Record<string, unknown> {
  const gate = gateOf(step)
  if (gate) return { gate }
  const { template, params, repo, model } = JSON.parse(step.request ?? '{}') as PreparedTask // By makeGraph.
  return {
    title: step.title,
    template,
    params: JSON.parse(params) as unknown, // By taskPreparer.
    ...(repo === null ? {} : { repo }),
    ...(model === null ? {} : { model }),
  }
}
