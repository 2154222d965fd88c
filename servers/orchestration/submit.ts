import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { Org } from '../../schemas/principal.ts'
import { Provenance, Task, TaskInput } from '../../schemas/task.ts'
import { startableClusters } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { readSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import { requestFields, taskPreparer, taskRequest } from './new-task.ts'
import { triggerSubmitting } from './firing.ts'
import { holdWhileSpent } from './spent.ts'
import type { TaskRow } from './store/task-row.ts'
import { newTaskRow, toTask } from './store/task-row.ts'
import { ensureQueueRoom } from './queue-room.ts'
import { assertRefThere } from './start-ref.ts'
import { insertTask, readTaskByKey } from './store/tasks.ts'
import { delegate } from './sub-tasks.ts'
import { usesModel } from './templates/catalogue.ts'

const maxInputChars = 65_536

export const taskSubmit = defineTool({
  name: 'task_submit',
  title: 'Submit a task',
  description:
    'Queues a unit of work for an agent and returns the task at once; follow it with task_wait or task_log. Use template ci to run checks, code to have a goal carried out and a change opened, command for a plain command line; plan_create for several that depend on one another.',
  effect: 'create',
  scope: 'task:write',
  needsDiskRoom: true,
  input: {
    template: z.string().max(60).describe('Kind of task; template_list has them'),
    ...requestFields,
    reason: z.string().max(2000).optional().describe('Why it is asked for, for the record'),
    inputs: z
      .array(TaskInput)
      .max(50)
      .default([])
      .describe('What earlier tasks left for it, such as those of another hub'),
    provenance: Provenance.strict().optional().describe('For controllers: what asked for it'),
    for_task: z
      .string()
      .max(60)
      .optional()
      .describe('For controllers: the task whose submitter it is done for'),
    org: Org.optional().describe('Org the task belongs to; default: your own'),
    idempotency_key: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The same key again returns the same task'),
  },
  output: Task,
  run: async (input, ctx) => {
    const { reason, inputs, org: asked, idempotency_key: key = null, for_task: of } = input
    const provenance =
      input.provenance ?? (of === undefined ? undefined : ({ via: 'review', id: of } as const))
    const { principal } = ctx
    if (provenance) ctx.ensure('provenance.set', { via: provenance.via })
    if (JSON.stringify(inputs).length > maxInputChars)
      throw new HubError('invalid', `\`inputs\` has more than ${maxInputChars} characters`, {
        hint: 'Shorten the summaries.',
      })
    const org = orgFor(ctx, asked)
    const { idempotency_key: _key, ...request } = input
    const digest = hash('sha256', JSON.stringify(request))
    // Before the template is looked at, which may be another one since.
    const sent = key === null ? undefined : await readTaskByKey(ctx.reader, org, key)
    if (sent && ctx.may('row.see', { org, task: sent.id, parent: sent.parent ?? undefined }))
      return toTask(sameRequest(sent, digest, key))
    const prepared = await taskPreparer(ctx, org)(input)
    ctx.ensure('task.submit', { repo: prepared.repo ?? undefined, inputs: inputs.length })
    const { repo } = prepared
    const { ref } = JSON.parse(prepared.params) as { ref?: unknown } // Of templates that take one.
    if (repo !== null && typeof ref === 'string' && input.requirements?.hub === undefined)
      await assertRefThere(ctx, { org, repo, ref })
    // An agent's part of its own task is started on the authority that started the agent.
    const author = await submitterFor(ctx, of)
    const { hub, agent } = input.requirements ?? {}
    const isElsewhere = hub !== undefined || agent !== undefined
    if (principal.kind !== 'agent' && !isElsewhere) await assertStartable(ctx, author)
    const id = ctx.id('task')
    return ctx.transaction(async (tx) => {
      const earlier = key === null ? undefined : await readTaskByKey(tx, org, key)
      if (earlier) return toTask(sameRequest(earlier, digest, key))
      await ensureQueueRoom(ctx, tx, org)
      const part =
        principal.task === undefined ? undefined : await delegate(ctx, tx, principal.task, prepared)
      const { prepared: accepted = prepared, submitter = author, ...place } = part ?? {}
      const trigger = await triggerSubmitting(tx, key, principal)
      const source = provenance ?? (trigger === undefined ? provenanceOf(ctx) : byTrigger(trigger))
      const origin = { ...source, ...(reason ? { reason } : {}) }
      const asked = taskRequest(accepted, {
        id,
        org,
        ...place,
        provenance: JSON.stringify(origin satisfies Provenance),
        inputs: JSON.stringify(inputs),
        idempotency_key: key,
        request_digest: digest,
      })
      const row = newTaskRow(asked, principal.id, tx.now)
      await insertTask(tx, row, submitter)
      return toTask(usesModel(row.template) ? await holdWhileSpent(ctx, tx, row) : row)
    })
  },
})

function provenanceOf({ principal }: Context): Provenance {
  if (principal.task !== undefined) return { via: 'task', id: principal.task }
  if (principal.chat !== undefined) return { via: 'chat', id: principal.chat.conversation }
  return principal.kind === 'hub' ? { via: 'peer', id: principal.id } : { via: 'call' }
}

const byTrigger = (id: string): Provenance => ({ via: 'trigger', id })

/** Refused at once when no pod could be started for the caller. Without a dispatcher other agents do the work. */
export async function assertStartable(ctx: Context, submitter = ctx.principal): Promise<void> {
  if (ctx.config.dispatch !== 'off') await startableClusters(ctx, { runs: 'agent', submitter })
}

/** On whose authority a task runs: the caller's, or that of whoever submitted the task it carries on. */
async function submitterFor(ctx: Context, task: string | undefined): Promise<Principal> {
  if (task === undefined) return ctx.principal
  ctx.ensure('task.delegate', { of: task })
  const submitter = await readSubmitter(ctx.reader, task)
  return submitter === 'unknown' ? ctx.principal : submitter
}

function sameRequest(earlier: TaskRow, digest: string, key: string | null): TaskRow {
  if (earlier.request_digest === digest) return earlier
  throw new HubError(
    'conflict',
    `idempotency key ${JSON.stringify(key)} was used for another request`,
    {
      hint: `It made ${earlier.id}. Use a new key for a different task.`,
    },
  )
}
