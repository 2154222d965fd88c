import { HubError } from '../../schemas/errors.ts'
import type { TriggerOn, TriggerTask } from '../../schemas/trigger.ts'
import type { Context } from '../kit/context.ts'
import { repositoryAt } from '../kit/repositories.ts'
import { readRepositoryAt } from '../kit/store/repositories.ts'
import { assertCron } from './schedule.ts'
import { applyTemplate, isBuiltIn } from './templates/catalogue.ts'
import { checkTrusted, findTrusted } from './templates/trusted.ts'

/**
 * What a trigger submits, with the repository by the path that tasks know it by. Refuses what would fail
 * on every occasion. Whether a repository's template is the trusted one is seen on each occasion, at the
 * commit that its task starts from.
 */
export async function checkedTask(
  ctx: Context,
  org: string,
  on: TriggerOn,
  task: TriggerTask,
): Promise<TriggerTask> {
  if (on.kind === 'schedule') assertCron(on.cron)
  const path = task.repo === undefined ? undefined : await usable(ctx, org, on, task.repo)
  const given = { ...task, ...(path === undefined ? {} : { repo: path }) }
  const checked = isBuiltIn(task.template) ? given : await ofRepository(ctx, org, given)
  applyBuiltIn(checked)
  if (checked.repo !== undefined || (on.kind !== 'change' && on.kind !== 'push')) return checked
  throw new HubError('invalid', `a trigger on a ${on.kind} needs \`submit.repo\``, {
    hint: 'Name the absolute path of the Git repository that it follows.',
  })
}

function applyBuiltIn({ template, goal, command, ref, params }: TriggerTask): void {
  if (!isBuiltIn(template)) return
  const named = Object.entries({ goal, command, ref }).filter(([, value]) => value !== undefined)
  applyTemplate(template, { ...params, ...Object.fromEntries(named) })
}

/** The template that the org trusts, by the one name it has, with the repository that it is of. */
async function ofRepository(ctx: Context, org: string, task: TriggerTask): Promise<TriggerTask> {
  const { template: name, repo, goal, command, params = {} } = task
  const row = await findTrusted(ctx, { name, orgs: [org], repo })
  const named = Object.entries({ goal, command }).filter(([, value]) => value !== undefined)
  checkTrusted(row, { ...params, ...Object.fromEntries(named) })
  return { ...task, template: `repo:${row.name}`, repo: row.repo }
}

async function usable(ctx: Context, org: string, on: TriggerOn, repo: string): Promise<string> {
  const path = await repositoryAt(ctx, repo)
  const isKnown = (await readRepositoryAt(ctx.reader, org, path)) !== undefined
  if (!isKnown) ctx.ensure('repository.add', { org, path })
  if (isKnown || on.kind !== 'push') return path
  throw new HubError('not_found', `the repository ${path} is not known to the org ${org} yet`, {
    hint: 'A repository becomes known with its first task; create the trigger after that.',
  })
}
