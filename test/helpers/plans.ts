import type { Granted } from '../../agent/lease.ts'
import type { Plan, Step } from '../../schemas/plan.ts'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from './hub.ts'
import { until } from './hub.ts'

export type ReadPlan = { plan: Plan; items: Step[]; next?: string }

export const readPlan = (hub: TestHub, plan: string): Promise<ReadPlan> =>
  hub.call<ReadPlan>('plan_read', { plan, limit: 200 })

/** The state of each step, by its name. */
export const stepStates = async (hub: TestHub, plan: string): Promise<Record<string, string>> =>
  Object.fromEntries((await readPlan(hub, plan)).items.map(({ name, state }) => [name, state]))

/** Waits until the plan's controller has brought it to a state. */
export const planIn = (hub: TestHub, plan: string, ...states: Plan['state'][]): Promise<void> =>
  until(async () => states.includes((await readPlan(hub, plan)).plan.state), 30_000)

/** Waits until a step is in a state. */
export const stepIn = (hub: TestHub, plan: string, step: string, state: string): Promise<void> =>
  until(async () => (await stepStates(hub, plan))[step] === state, 30_000)

/** Does the work of a step as an agent would that needs no time. */
export async function doStep(
  hub: TestHub,
  plan: string,
  step: string,
  report: Record<string, unknown> = { outcome: 'succeeded', result: { summary: `${step} done` } },
): Promise<Task> {
  let task: string | undefined
  await until(async () => {
    const found = (await readPlan(hub, plan)).items.find(({ name }) => name === step)
    task = found?.state === 'running' ? found.task : undefined
    return task !== undefined
  })
  const claim = { agent: `worker-${task?.slice(-5)}`, task }
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', claim)
  await hub.call('task_report', { task, fence: lease.fence, ...report })
  return lease.task
}
