import type { Granted } from '../../agent/lease.ts'
import type { Trigger, TriggerRun } from '../../schemas/trigger.ts'
import type { TestHub } from './hub.ts'
import { until } from './hub.ts'
import type { ManualClock } from './manual-clock.ts'

export const command = { template: 'command', command: 'true' }
export const hourly = { kind: 'schedule', cron: '0 * * * *' }

export const create = (hub: TestHub, args: object) =>
  hub.call<Trigger>('trigger_create', { title: 'a trigger', submit: command, ...args })

export const read = (hub: TestHub, trigger: string) =>
  hub.call<{ trigger: Trigger; runs: TriggerRun[] }>('trigger_read', { trigger })

/** The runs of a trigger, once there are so many and none has still to be submitted. */
export async function untilRuns(
  hub: TestHub,
  trigger: string,
  count: number,
  clock?: ManualClock,
): Promise<TriggerRun[]> {
  let runs: TriggerRun[] = []
  await until(async () => {
    // A sleep that was reckoned before the clock moved ends a little later.
    await clock?.advance(100)
    runs = (await read(hub, trigger)).runs
    return runs.length >= count && runs.every(({ state }) => state !== 'pending')
  })
  if (runs.length !== count) throw new Error(`there are ${runs.length} runs`)
  return runs
}

/** Works on the next task as an agent would. */
export async function finish(hub: TestHub, task: string, report: object): Promise<void> {
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one', task })
  const bound = { task, fence: lease.fence }
  await hub.client.withToken(lease.token).call('task_report', { ...bound, ...report })
}
export const succeeded = { outcome: 'succeeded', result: { summary: 'all 12 checks passed' } }
