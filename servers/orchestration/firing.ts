import { z } from 'zod'
import type { TriggerTask } from '../../schemas/trigger.ts'
import { TriggerRun } from '../../schemas/trigger.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Reader, Transaction } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { nextRunAt } from './schedule.ts'
import type { RunRow } from './store/trigger-runs.ts'
import { addRun, countOpenRuns, readRun, toRun } from './store/trigger-runs.ts'
import type { TriggerRow } from './store/triggers.ts'
import { conditionOf, makerOf, readTrigger, taskOf, updateTrigger } from './store/triggers.ts'
import { isBuiltIn, takesParameter } from './templates/catalogue.ts'

/** Occasions beyond this that wait for their turn are skipped. */
const maxWaiting = 20

const firing = {
  occasion: z.string().min(1).max(120).describe('What the occasion is called, once and for all'),
  ref: z.string().max(200).optional().describe('Commit that the occasion is about'),
  change: z.string().max(60).optional().describe('Change that the occasion is about'),
  reason: z.string().max(500).describe('What happened, for the record'),
}
type Firing = z.infer<z.ZodObject<typeof firing>>

export const triggerFire = defineTool({
  name: 'trigger_fire',
  title: 'Fire a trigger',
  description:
    'Puts an occasion of a trigger on record, once, and the task that is to be submitted for it. Called by a controller, which submits it then.',
  effect: 'create',
  scope: 'system',
  idempotent: true,
  input: {
    trigger: z.string().max(60).describe('Trigger that fires'),
    ...firing,
    skip: z.boolean().default(false).describe('Move on to the next time without a run'),
    seen: z.string().max(100).optional().describe('Head of the branch; nothing where it is known'),
  },
  output: z.object({ run: TriggerRun.optional() }),
  run: ({ trigger: id, skip, seen, ...occasion }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await readTrigger(tx, id)
      tx.about(id)
      if (!row || row.is_enabled === 0) return {}
      if (seen !== undefined && row.seen === seen) return {}
      const on = conditionOf(row)
      // Both in one transaction: whatever is killed when, the occasion is on record or still due.
      await updateTrigger(tx, {
        ...row,
        next_at: on.kind === 'schedule' ? nextRunAt(on.cron, on.timeZone, tx.now) : null,
        seen: seen ?? row.seen,
      })
      // The first look at a branch only remembers where it is.
      if (skip || (seen !== undefined && row.seen === null)) return {}
      return { run: toRun(await fire(tx, row, occasion)) }
    }),
})

/** Records an occasion and what is to be submitted for it, unless it is on record already. */
export async function fire(tx: Transaction, row: TriggerRow, firing: Firing): Promise<RunRow> {
  const { occasion, ref, change = null, reason } = firing
  const known = await readRun(tx, { trigger: row.id, occasion })
  if (known) return known
  const { active, waiting } = await countOpenRuns(tx, row.id)
  const isFree = active < row.max_concurrent
  const mayWait = row.overlap === 'queue' && waiting < maxWaiting
  const why = `${active} of its tasks ${active === 1 ? 'goes' : 'go'} on${mayWait ? '' : row.overlap === 'queue' ? ` and ${waiting} wait` : ''}`
  const run: RunRow = {
    trigger_id: row.id,
    occasion,
    state: isFree ? 'pending' : mayWait ? 'waiting' : 'skipped',
    request: JSON.stringify(requestOf(row, occasion, reason, ref)),
    change,
    task: null,
    reason: isFree ? reason : why,
    at: tx.now,
    ended_at: isFree || mayWait ? null : tx.now,
  }
  await addRun(tx, run)
  const data = { occasion, state: run.state, reason: run.reason }
  await tx.event({ kind: 'trigger.fired', org: row.org, subject: row.id, data })
  tx.about(row.id)
  return run
}

/** A template of a repository always starts from a commit. */
const takesRef = (template: string): boolean =>
  !isBuiltIn(template) || takesParameter(template, 'ref')

/** The trigger whose task this call submits: its run is on record, and the caller is who made it. */
export async function triggerSubmitting(
  reader: Reader,
  key: string | null,
  caller: Principal,
): Promise<string | undefined> {
  const [, trigger, occasion] = /^trigger:([^:]+):(.+)$/s.exec(key ?? '') ?? []
  if (trigger === undefined || occasion === undefined) return undefined
  const run = await readRun(reader, { trigger, occasion })
  const row = run?.state === 'pending' ? await readTrigger(reader, trigger) : undefined
  return row && makerOf(row).id === caller.id ? trigger : undefined
}

/** The arguments of task_submit; the key makes sure that there is one task however often it is sent. */
function requestOf(row: TriggerRow, occasion: string, reason: string, ref: string | undefined) {
  const task: TriggerTask = taskOf(row)
  return {
    ...task,
    title: task.title ?? row.title,
    ...(task.ref === undefined && ref !== undefined && takesRef(task.template) ? { ref } : {}),
    org: row.org,
    reason: `trigger ${row.id}: ${reason}`,
    idempotency_key: `trigger:${row.id}:${occasion}`,
  }
}
