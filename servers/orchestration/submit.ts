import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Isolation, Resources, Task } from '../../schemas/task.ts'
import { startableClusters } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { repositoryRoot } from '../kit/git.ts'
import { recordSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import type { Tx } from '../kit/tx.ts'
import { applyTemplate, templateNames } from './templates.ts'
import type { TaskRow } from './task-rows.ts'
import { announce, toTask } from './task-rows.ts'

export const taskSubmit = defineTool({
  name: 'task_submit',
  title: 'Submit a task',
  description:
    'Queues a unit of work for an agent and returns the task at once; follow it with task_wait or task_log. Use template ci to run checks, code to have a goal carried out and a change opened, command for a plain command line.',
  effect: 'create',
  scope: 'task:write',
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
      'Least isolation to accept, of none, seatbelt, userns, bwrap',
    ),
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
    const repo = await checkedRepo(input.repo, template, applied.definition.needsRepo)
    if (applied.definition.needsModel) ctx.models.assertUsable(input.model)
    const org = orgFor(ctx, input.org)
    await assertStartable(ctx)
    if (repo !== undefined) assertMayUse(ctx, org, repo)
    const title = input.title ?? makeTitle(template, goal ?? command, repo)
    const { idempotency_key: key = null, ...request } = input
    const digest = hash('sha256', JSON.stringify(request))
    const id = ctx.id('task')
    return ctx.write((tx) => {
      const earlier = key === null ? undefined : findByKey(tx, org, key)
      if (earlier) return toTask(sameRequest(earlier, digest, key))
      const row = newRow(ctx, tx, {
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
        retry_of: null,
        idempotency_key: key,
        request_digest: digest,
      })
      insertTask(ctx, tx, row)
      return toTask(row)
    })
  },
})

/** Refused at once when no pod could be started for the caller. Without a dispatcher other agents do the work. */
export async function assertStartable(ctx: Context): Promise<void> {
  if (ctx.config.dispatch !== 'off') await startableClusters(ctx, { submitter: ctx.principal })
}

type Given = Pick<
  TaskRow,
  | 'id'
  | 'org'
  | 'title'
  | 'template'
  | 'params'
  | 'repo'
  | 'priority'
  | 'max_attempts'
  | 'resources'
  | 'isolation'
  | 'timeout_ms'
  | 'model'
  | 'retry_of'
  | 'idempotency_key'
  | 'request_digest'
>

export const newRow = (ctx: Context, tx: Tx, given: Given): TaskRow => ({
  ...given,
  state: 'queued',
  waiting_for: null,
  attempts: 0,
  failures: 0,
  fence: 0,
  parent: null,
  submitted_by: ctx.principal.id,
  agent: null,
  result: null,
  failure: null,
  submitted_at: tx.now,
  updated_at: tx.now,
  finished_at: null,
  not_before_at: 0,
  pending_reason: null,
})

export function insertTask(ctx: Context, tx: Tx, row: TaskRow): void {
  tx.insert('tasks', row)
  recordSubmitter(tx, row.id, ctx.principal)
  announce(tx, row)
}

const findByKey = (tx: Tx, org: string, key: string) =>
  tx.get<TaskRow>('SELECT * FROM tasks WHERE org = :org AND idempotency_key = :key', { org, key })

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

async function checkedRepo(repo: string | undefined, template: string, needed: boolean) {
  if (repo !== undefined) return repositoryRoot(repo)
  if (!needed) return undefined
  throw new HubError('invalid', `template ${template} needs a repository`, {
    hint: 'Pass `repo`, the absolute path of a Git repository on the hub machine.',
  })
}

/**
 * Any folder of the hub's machine could be named, so only an owner brings in a repository that its
 * org has not worked on; from then on it is the org's.
 */
function assertMayUse(ctx: Context, org: string, repo: string): void {
  if (ctx.principal.roles.includes('owner')) return
  const known = ctx.store.get(
    'SELECT 1 AS known FROM tasks WHERE org = :org AND repo = :repo LIMIT 1',
    {
      org,
      repo,
    },
  )
  if (known) return
  throw new HubError('denied', `${ctx.principal.id} may not bring ${repo} into the org ${org}`, {
    hint: 'An owner submits the first task on a repository; after that, its org may use it.',
  })
}

function makeTitle(template: string, text: string | undefined, repo: string | undefined): string {
  const line = text?.split('\n', 1)[0]?.trim()
  const where = repo?.split('/').at(-1)
  const title = line || [template, where].filter(Boolean).join(' on ')
  return title.length > 100 ? `${title.slice(0, 99)}…` : title
}
