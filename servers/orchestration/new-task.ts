import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { AskedResources, Isolation, Requirements, TaskBudget } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import { repositoryAt } from '../kit/repositories.ts'
import { checkPlaces } from './named-places.ts'
import { checkRunner } from './runners.ts'
import type { TaskRequest } from './store/task-row.ts'
import { readRepositoryAt } from '../kit/store/repositories.ts'
import { knowsRepository } from './store/tasks.ts'
import { applyTemplate, isBuiltIn } from './templates/catalogue.ts'
import { applyTrusted, findTrusted } from './templates/trusted.ts'

/** What is asked of a task, whoever asks: a person, an agent, or a plan for one of its steps. */
export const requestFields = {
  repo: z.string().max(4096).optional().describe('Absolute path of the Git repository to work on'),
  goal: z.string().max(20_000).optional().describe('For code: what should be true when it is done'),
  command: z.string().max(8000).optional().describe('For command: the command line to run'),
  model: z.string().max(200).optional().describe('Model as provider/name, or a configured name'),
  title: z.string().min(1).max(200).optional().describe('Short title; default: made from the goal'),
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
  resources: AskedResources.prefault({}).describe('What the agent needs'),
  isolation: Isolation.optional().describe(
    'Least isolation to accept; bwrap refuses unisolated nodes',
  ),
  requirements: Requirements.optional().describe('What whoever does it must offer'),
  budget: TaskBudget.optional().describe('What it may spend'),
}

type Asked = z.output<z.ZodObject<typeof requestFields>> & { template: string }

/** A request whose template, parameters and repository were found good; it can be kept as JSON. */
export type PreparedTask = Pick<
  TaskRequest,
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
  | 'requirements'
  | 'budget'
>

/** Where a task comes from and what it is handed. */
type Origin = Pick<TaskRequest, 'id' | 'org' | 'provenance'> & Partial<TaskRequest>

/**
 * Checks requests of one caller for one org. A repository and a model are looked at once, however
 * many tasks name them; `granted` is a repository that somebody who may has named already.
 */
export function taskPreparer(
  ctx: Context,
  org: string,
  granted?: string,
): (asked: Asked) => Promise<PreparedTask> {
  const repositories = new Map<string, Promise<string>>()
  const models = new Set<string | undefined>()
  const checked = (path: string): Promise<string> => {
    const known = repositories.get(path)
    if (known) return known
    const found = path === granted ? Promise.resolve(path) : usableRepository(ctx, org, path)
    repositories.set(path, found)
    return found
  }
  return async (asked) => {
    const { goal, command } = asked
    const named = asked.repo === undefined ? undefined : await checked(asked.repo)
    const applied = await appliedTemplate(ctx, org, asked, named)
    const { template, params, needsModel, maxAttempts } = applied
    const repo = applied.repo === undefined ? null : await checked(applied.repo)
    await checkPlaces(ctx, asked.requirements ?? {}, applied.repo)
    const { runner } = asked.requirements ?? {}
    if (checkRunner(ctx, { runner, org, template, needsModel }) && !models.has(asked.model)) {
      ctx.models.assertUsable(asked.model)
      models.add(asked.model)
    }
    return {
      title: asked.title ?? makeTitle(template, goal ?? command, asked.repo),
      template,
      params: JSON.stringify(params),
      repo,
      priority: asked.priority,
      max_attempts: asked.max_attempts ?? maxAttempts,
      resources: JSON.stringify(asked.resources),
      isolation: asked.isolation ?? null,
      timeout_ms: asked.timeout_ms,
      model: asked.model ?? null,
      requirements: JSON.stringify(asked.requirements ?? {}),
      budget: JSON.stringify(asked.budget ?? {}),
    }
  }
}

type Applied = {
  template: string
  params: Record<string, unknown>
  repo: string | undefined
  needsModel: boolean
  maxAttempts: number
}

/** What the template makes of the request: one of the hub's own, or one that the org trusts. */
async function appliedTemplate(
  ctx: Context,
  org: string,
  { template: name, goal, command, ref, params }: Asked,
  repo: string | undefined,
): Promise<Applied> {
  const named = Object.entries({ goal, command, ref }).filter(([, value]) => value !== undefined)
  const given = { ...params, ...Object.fromEntries(named) }
  if (!isBuiltIn(name)) {
    const row = await findTrusted(ctx, { name, orgs: [org], repo })
    const accepted = await applyTrusted(row, given)
    const template = `repo:${row.name}`
    return { template, params: accepted, repo: row.repo, needsModel: false, maxAttempts: 1 }
  }
  const { definition, params: accepted } = applyTemplate(name, given)
  const { needsRepo, needsModel, maxAttempts } = definition
  if (needsRepo && repo === undefined) throw noRepository(name)
  return { template: name, params: accepted, repo, needsModel, maxAttempts }
}

/** A prepared request as a task of its own. */
export const taskRequest = (prepared: PreparedTask, origin: Origin): TaskRequest => ({
  parent: null,
  depth: 0,
  plan: null,
  step: null,
  inputs: '[]',
  retry_of: null,
  idempotency_key: null,
  request_digest: '',
  ...prepared,
  ...origin,
})

/** The repository at a path, if the caller may have the org work on it. */
export async function usableRepository(ctx: Context, org: string, path: string): Promise<string> {
  const repo = await repositoryAt(ctx, path)
  // Named by a task of the org, or cloned for it: an owner did either first.
  const isKnown =
    (await knowsRepository(ctx.reader, org, repo)) ||
    (await readRepositoryAt(ctx.reader, org, repo)) !== undefined
  if (!isKnown) ctx.ensure('repository.add', { org, path: repo })
  return repo
}

const noRepository = (template: string) =>
  new HubError('invalid', `template ${template} needs a repository`, {
    hint: 'Pass `repo`, the absolute path of a Git repository on the hub machine.',
  })

function makeTitle(template: string, text: string | undefined, repo: string | undefined): string {
  const line = text?.split('\n', 1)[0]?.trim()
  const where = repo?.split('/').at(-1)
  const title = line || [template, where].filter(Boolean).join(' on ')
  return title.length > 100 ? `${title.slice(0, 99)}…` : title
}
