import { z } from 'zod'
import { isTerminal } from '../../schemas/task.ts'
import { TriggerRun } from '../../schemas/trigger.ts'
import type { Transaction } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { readTask } from './store/tasks.ts'
import type { RunRow } from './store/trigger-runs.ts'
import { countOpenRuns, nextWaiting, readRun, saveRun, toRun } from './store/trigger-runs.ts'
import type { TriggerRow } from './store/triggers.ts'
import { readTrigger, saveTrigger, updateTrigger } from './store/triggers.ts'

export const triggerSettle = defineTool({
  name: 'trigger_settle',
  title: 'Settle a run of a trigger',
  description:
    'Records the task that was submitted for an occasion, why it could not be, or what came of it; starts what waited for its end, and disables a trigger that only fails. Called by a controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    trigger: z.string().max(60).describe('Trigger of the run'),
    occasion: z.string().max(120).describe('Occasion of the run'),
    task: z.string().max(60).optional().describe('Task that was submitted for it'),
    failure: z.string().max(2000).optional().describe('Why no task could be submitted'),
    revoked: z.boolean().default(false).describe('Whether whoever made the trigger is gone'),
  },
  output: z.object({ run: TriggerRun.optional() }),
  run: ({ trigger: id, occasion, task, failure, revoked }, ctx) =>
    ctx.transaction(async (tx) => {
      const trigger = await readTrigger(tx, id)
      const run = await readRun(tx, { trigger: id, occasion })
      tx.about(id)
      if (!trigger || !run) return {}
      if (run.ended_at !== null) return { run: toRun(run) }
      const settled = await outcomeOf(tx, run, { task, failure })
      await saveRun(tx, settled)
      if (settled.ended_at !== null) await afterEnd(tx, trigger, settled, revoked)
      return { run: toRun(settled) }
    }),
})

/** What is known of a run now. A task that ended before its run heard of it ends the run at once. */
async function outcomeOf(
  tx: Transaction,
  run: RunRow,
  { task, failure }: { task: string | undefined; failure: string | undefined },
): Promise<RunRow> {
  if (failure !== undefined) return { ...run, state: 'failed', reason: failure, ended_at: tx.now }
  const id = task ?? run.task
  const row = id === null ? undefined : await readTask(tx, id)
  if (!row) return run
  const of = { ...run, task: row.id }
  if (!isTerminal(row.state)) return { ...of, state: 'submitted' }
  const state = row.state === 'succeeded' || row.state === 'canceled' ? row.state : 'failed'
  return { ...of, state, ended_at: tx.now }
}

async function afterEnd(
  tx: Transaction,
  trigger: TriggerRow,
  run: RunRow,
  isRevoked: boolean,
): Promise<void> {
  const failures =
    run.state === 'failed' ? trigger.failures + 1 : run.state === 'succeeded' ? 0 : trigger.failures
  const { active } = await countOpenRuns(tx, trigger.id)
  const next = active < trigger.max_concurrent ? await nextWaiting(tx, trigger.id) : undefined
  const isOver = isRevoked || failures >= trigger.max_failures
  // One that is disabled starts nothing more; what waited says why.
  if (next && !isOver) await saveRun(tx, { ...next, state: 'pending', reason: null })
  if (trigger.is_enabled === 0 || !isOver) {
    if (failures !== trigger.failures) await updateTrigger(tx, { ...trigger, failures })
    return
  }
  const reason = isRevoked
    ? `${trigger.created_by}, who made it, has no credential any more`
    : `its last ${failures} tasks failed, the last one: ${run.reason ?? run.task ?? run.occasion}`
  await saveTrigger(
    tx,
    { ...trigger, failures, is_enabled: 0, disabled_reason: reason, next_at: null },
    'disabled',
  )
  for (let left = next; left; left = await nextWaiting(tx, trigger.id))
    await saveRun(tx, { ...left, state: 'skipped', reason, ended_at: tx.now })
}
