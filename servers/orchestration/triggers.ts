import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Overlap, Trigger, TriggerOn, TriggerRun, TriggerTask } from '../../schemas/trigger.ts'
import type { Context } from '../kit/context.ts'
import { maySee, orgFor } from '../kit/context.ts'
import type { Reader } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { fire } from './firing.ts'
import { nextRunAt } from './schedule.ts'
import { deleteRuns, readRun, toRun } from './store/trigger-runs.ts'
import type { TriggerRow } from './store/triggers.ts'
import {
  countTriggers,
  deleteTrigger,
  readTrigger,
  saveTrigger,
  taskOf,
  toTrigger,
} from './store/triggers.ts'
import { checkedTask } from './trigger-checks.ts'

const maxTriggers = 500
const trigger = z.string().max(60).describe('Trigger id')
const fields = {
  title: z.string().min(1).max(200).describe('What it is for; also the title of its tasks'),
  on: TriggerOn.describe(
    'When: {"kind": "schedule", "cron": "0 6 * * 1-5", "timeZone": "Europe/Berlin"}, "change", "push", "plan" or "manual"',
  ),
  submit: TriggerTask.describe('What is submitted, as arguments of task_submit'),
  overlap: Overlap.describe('What happens to an occasion while earlier tasks of it still go on'),
  max_concurrent: z.int().min(1).max(20).describe('Most of its tasks at a time'),
  max_failures: z
    .int()
    .min(1)
    .max(100)
    .describe('Failed tasks in a row after which it is disabled'),
}

export const triggerCreate = defineTool({
  name: 'trigger_create',
  title: 'Create a trigger',
  description:
    'Has a task submitted by itself: on a schedule, when a change is opened, revised or merged, when a branch moves, when a plan ends, or by hand. It acts with your authority of now, and no more once your credential is revoked. Use task_submit for a single task.',
  effect: 'create',
  scope: 'task:write',
  input: {
    ...fields,
    overlap: fields.overlap.default('skip'),
    max_concurrent: fields.max_concurrent.default(1),
    max_failures: fields.max_failures.default(5),
    org: Org.optional().describe('Org the tasks belong to; default: your own'),
  },
  output: Trigger,
  run: async (input, ctx) => {
    const org = orgFor(ctx, input.org)
    ctx.ensure('trigger.change', { org, maker: ctx.principal.id })
    const { on, title, overlap } = input
    const task = await checkedTask(ctx, org, on, input.submit)
    const id = ctx.id('trigger')
    return ctx.transaction(async (tx) => {
      if ((await countTriggers(tx, org)) >= maxTriggers) throw tooMany(org)
      const row: TriggerRow = {
        ...{ id, org, title, kind: on.kind, overlap },
        condition: JSON.stringify(on),
        task: JSON.stringify(task),
        max_concurrent: input.max_concurrent,
        max_failures: input.max_failures,
        principal: JSON.stringify(ctx.principal),
        created_by: ctx.principal.id,
        ...{ is_enabled: 1, disabled_reason: null, failures: 0, seen: null },
        next_at: nextOf(on, tx.now),
        ...{ created_at: tx.now, updated_at: tx.now },
      }
      return toTrigger(await saveTrigger(tx, row, 'created'))
    })
  },
})

export const triggerUpdate = defineTool({
  name: 'trigger_update',
  title: 'Change a trigger',
  description:
    'Enables or disables a trigger, or changes when it fires and what it submits; what is not named stays. Enabling forgets earlier failures, and what was missed while it was off does not run.',
  effect: 'update',
  scope: 'task:write',
  idempotent: true,
  input: {
    trigger,
    enabled: z.boolean().optional().describe('Whether it fires'),
    title: fields.title.optional(),
    on: fields.on.optional(),
    submit: fields.submit.optional().describe('What is submitted instead, as a whole'),
    overlap: fields.overlap.optional(),
    max_concurrent: fields.max_concurrent.optional(),
    max_failures: fields.max_failures.optional(),
  },
  output: Trigger,
  run: async ({ trigger: id, enabled, ...changed }, ctx) => {
    const { on, submit: task } = changed
    const known = await findTrigger(ctx, ctx.reader, id)
    const condition = on ?? toTrigger(known).on
    const submitted =
      on || task ? await checkedTask(ctx, known.org, condition, task ?? taskOf(known)) : undefined
    return ctx.transaction(async (tx) => {
      const row = await findTrigger(ctx, tx, id)
      ctx.ensure('trigger.change', { org: row.org, maker: row.created_by })
      const isEnabled = enabled ?? row.is_enabled === 1
      const isStarting = isEnabled && (row.is_enabled === 0 || on !== undefined)
      return toTrigger(
        await saveTrigger(
          tx,
          {
            ...row,
            title: changed.title ?? row.title,
            kind: condition.kind,
            condition: JSON.stringify(condition),
            task: submitted ? JSON.stringify(submitted) : row.task,
            overlap: changed.overlap ?? row.overlap,
            // What somebody could do once must not be had by changing an old trigger.
            principal:
              ctx.principal.id === row.created_by ? JSON.stringify(ctx.principal) : row.principal,
            max_concurrent: changed.max_concurrent ?? row.max_concurrent,
            max_failures: changed.max_failures ?? row.max_failures,
            is_enabled: isEnabled ? 1 : 0,
            disabled_reason: isEnabled ? null : (row.disabled_reason ?? `by ${ctx.principal.id}`),
            failures: enabled === true ? 0 : row.failures,
            next_at: isStarting ? nextOf(condition, tx.now) : isEnabled ? row.next_at : null,
            seen: isStarting ? null : row.seen,
          },
          'updated',
        ),
      )
    })
  },
})

export const triggerDelete = defineTool({
  name: 'trigger_delete',
  title: 'Delete a trigger',
  description:
    'Removes a trigger with the record of its runs; tasks that it submitted stay. Use trigger_update with enabled: false to stop it for a while.',
  effect: 'destroy',
  scope: 'task:write',
  input: { trigger },
  output: z.object({ deleted: z.string() }),
  run: ({ trigger: id }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findTrigger(ctx, tx, id)
      ctx.ensure('trigger.change', { org: row.org, maker: row.created_by })
      await deleteRuns(tx, id)
      await deleteTrigger(tx, row)
      return { deleted: id }
    }),
})

export const triggerRun = defineTool({
  name: 'trigger_run',
  title: 'Run a trigger now',
  description:
    'Submits the task of a trigger once, by hand, also while it is disabled, and waits up to `wait_ms` for the id of the task. Its schedule stays as it is.',
  effect: 'create',
  scope: 'task:write',
  input: {
    trigger,
    idempotency_key: z
      .string()
      .regex(/^[\w.:-]{1,100}$/, 'a key is 1 to 100 letters, digits or any of _ . : -')
      .optional()
      .describe('Sending the same key again returns the same run instead of a second one'),
    wait_ms: z
      .int()
      .min(0)
      .max(50_000)
      .default(5000)
      .describe('How long to wait until the task is submitted'),
  },
  output: TriggerRun,
  run: async ({ trigger: id, idempotency_key: key, wait_ms: waitMs }, ctx) => {
    const occasion = `manual:${key ?? ctx.id('run')}`
    using changes = ctx.store.topics.listen([id])
    await ctx.transaction(async (tx) => {
      const row = await findTrigger(ctx, tx, id)
      ctx.ensure('trigger.change', { org: row.org, maker: row.created_by })
      await fire(tx, row, { occasion, reason: `run by ${ctx.principal.id}` })
    })
    const deadline = ctx.now() + waitMs
    for (;;) {
      const run = await readRun(ctx.reader, { trigger: id, occasion })
      if (!run) throw missing(id)
      const left = deadline - ctx.now()
      if (run.state !== 'pending' || left <= 0) return toRun(run)
      await changes.next(left, ctx.signal)
    }
  },
})

/** The trigger, or not_found, also when the caller may not see it. */
export async function findTrigger(ctx: Context, reader: Reader, id: string): Promise<TriggerRow> {
  const row = await readTrigger(reader, id)
  if (row && maySee(ctx, row.org)) return row
  throw missing(id)
}

const missing = (id: string) =>
  new HubError('not_found', `there is no trigger ${JSON.stringify(id)}`, {
    hint: 'trigger_list shows those you may see.',
  })

const nextOf = (on: TriggerOn, now: number): number | null =>
  on.kind === 'schedule' ? nextRunAt(on.cron, on.timeZone, now) : null

const tooMany = (org: string) =>
  new HubError('exhausted', `the org ${org} has ${maxTriggers} triggers, which is the limit`, {
    hint: 'Delete some with trigger_delete.',
  })
