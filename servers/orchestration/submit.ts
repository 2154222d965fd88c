import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import type { Provenance } from '../../schemas/task.ts'
import { Isolation, Requirements, Resources, Task, TaskBudget } from '../../schemas/task.ts'
import { startableClusters } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { repositoryAt } from '../kit/repositories.ts'
import { defineTool } from '../kit/tool.ts'
import { holdWhileSpent } from './spent.ts'
import type { TaskRow } from './store/task-row.ts'
import { newTaskRow, toTask } from './store/task-row.ts'
import { insertTask, knowsRepository, readTaskByKey } from './store/tasks.ts'
import { applyTemplate, templateNames } from './templates.ts'

export const taskSubmit = defineTool({
  name: 'task_submit',
  title: 'Submit a task',
  description:
    'Queues a unit of work for an agent and returns the task at once; follow it with task_wait or task_log. Use template ci to run checks, code to have a goal carried out and a change opened, command for a plain command line.',
  effect: 'create',
  scope: 'task:write',
  needsDiskRoom: true,
  input: {
    template: z.enum(templateNames).describe('Kind of task: command, ci or code'),
    repo: z
      .string()
      .max(4096)
      .optional()
      .describe('Absolute path of the Git repository to work on'),
    goal: z
      .string()
      .max(20_000)
      .optional()
      .describe('For code: what should be true when it is done'),
    command: z.string().max(8000).optional().describe('For command: the command line to run'),
    model: z.string().max(200).optional().describe('Model as provider/name, or a configured name'),
    title: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Short title; default: made from the goal'),
    ref: z.string().max(200).optional().describe('Branch, tag or commit to start from'),
    params: z.record(z.string(), z.unknown()).default({}).describe('Further template parameters'),
    priority: z.int().min(-100).max(100).default(0).describe('Higher runs first'),
    max_attempts: z.int().min(1).max(20).optional().describe('Failed attempts before giving up'),
    timeout_ms: z
      .int()
      .min(1000)
      .max(86_400_000)
      .default(3_600_000)
      .describe('Time limit of an attempt'),
    resources: Resources.prefault({}).describe('What the agent needs'),
    isolation: Isolation.optional().describe(
      'Least isolation to accept; bwrap refuses unisolated nodes',
    ),
    requirements: Requirements.optional().describe('What whoever does it must offer'),
    budget: TaskBudget.optional().describe('What it may spend'),
    reason: z.string().max(2000).optional().describe('Why it is asked for, for the record'),
    org: Org.optional().describe('Org the task belongs to; default: your own'),
    idempotency_key: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Sending the same key again returns the same task instead of a second one'),
  },
  output: Task,
  run: async (input, ctx) => {
    const { template, goal, command, ref, params } = input
    const given = Object.entries({ goal, command, ref }).filter(([, value]) => value !== undefined)
    const applied = applyTemplate(template, { ...params, ...Object.fromEntries(given) })
    const repo = await checkedRepo(ctx, input, applied.definition.needsRepo)
    if (applied.definition.needsModel) ctx.models.assertUsable(input.model)
    const org = orgFor(ctx, input.org)
    await assertStartable(ctx)
    if (repo !== undefined && !(await knowsRepository(ctx.reader, org, repo)))
      ctx.ensure('repository.add', { org, path: repo })
    const title = input.title ?? makeTitle(template, goal ?? command, repo)
    const { idempotency_key: key = null, ...request } = input
    const digest = hash('sha256', JSON.stringify(request))
    const id = ctx.id('task')
    return ctx.transaction(async (tx) => {
      const earlier = key === null ? undefined : await readTaskByKey(tx, org, key)
      if (earlier) return toTask(sameRequest(earlier, digest, key))
      const asked = {
        id,
        org,
        title,
        template,
        params: JSON.stringify(applied.params),
        repo: repo ?? null,
        priority: input.priority,
        max_attempts: input.max_attempts ?? applied.definition.maxAttempts,
        resources: JSON.stringify(input.resources),
        isolation: input.isolation ?? null,
        timeout_ms: input.timeout_ms,
        model: input.model ?? null,
        parent: null,
        depth: 0,
        plan: null,
        step: null,
        provenance: JSON.stringify({ via: 'call', reason: input.reason } satisfies Provenance),
        requirements: JSON.stringify(input.requirements ?? {}),
        budget: JSON.stringify(input.budget ?? {}),
        inputs: '[]',
        retry_of: null,
        idempotency_key: key,
        request_digest: digest,
      }
      const row = newTaskRow(asked, ctx.principal.id, tx.now)
      await insertTask(tx, row, ctx.principal)
      return toTask(applied.definition.needsModel ? await holdWhileSpent(ctx, tx, row) : row)
    })
  },
})

/** Refused at once when no pod could be started for the caller. Without a dispatcher other agents do the work. */
export async function assertStartable(ctx: Context): Promise<void> {
  if (ctx.config.dispatch !== 'off') await startableClusters(ctx, { submitter: ctx.principal })
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

async function checkedRepo(
  ctx: Context,
  { repo, template }: { repo?: string | undefined; template: string },
  needed: boolean,
): Promise<string | undefined> {
  if (repo !== undefined) return repositoryAt(ctx, repo)
  if (!needed) return undefined
  throw new HubError('invalid', `template ${template} needs a repository`, {
    hint: 'Pass `repo`, the absolute path of a Git repository on the hub machine.',
  })
}

function makeTitle(template: string, text: string | undefined, repo: string | undefined): string {
  const line = text?.split('\n', 1)[0]?.trim()
  const where = repo?.split('/').at(-1)
  const title = line || [template, where].filter(Boolean).join(' on ')
  return title.length > 100 ? `${title.slice(0, 99)}…` : title
}
