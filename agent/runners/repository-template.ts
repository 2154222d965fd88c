import type { TemplateStep } from '../../schemas/template.ts'
import { TrustedTask } from '../../schemas/template.ts'
import type { Outcome, Work } from '../attempt.ts'
import { StepCache } from '../checks/cache.ts'
import { runChecked } from '../checks/checked.ts'
import type { Cached, Step } from '../checks/steps.ts'
import { detectChecks } from '../checks/detect.ts'
import { keepFiles } from '../results/keep.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { checkedOutcome } from './ci.ts'
import { fillArguments, parameterEnv } from './parameters.ts'

/** A template of a repository: the steps that an owner trusted, which came with the task. */
export async function runRepositoryTemplate(work: Work): Promise<Outcome> {
  const { lease, signal } = work
  const { definition, values, source } = TrustedTask.parse(lease.task.params)
  const { path } = await openWorkspace(work)
  await lease.log.say(
    `${definition.name} as trusted: ${source.path} at ${source.commit.slice(0, 10)}`,
  )
  const env = parameterEnv(values)
  const steps: Step[] = []
  for (const [index, step] of definition.steps.entries())
    steps.push(...(await stepsOf(step, index, path, values, env)))
  const cached: Cached | undefined = definition.cache && {
    ...definition.cache,
    version: 'uname -sm',
    replaces: false,
  }
  const cache = cached && StepCache.of(lease.task.repo, path, signal)
  const key = cached && (await cache?.key(source.digest, cached))
  const size = cached && key ? await cache?.restore(key, cached) : undefined
  if (size !== undefined) await lease.log.say(`${size} bytes from the cache of an earlier run`)
  const { checks, reports } = await runChecked(work, path, steps, {
    patterns: definition.results,
  })
  const passed = checks.every(({ state }) => state === 'passed')
  if (cached && key && size === undefined && passed) await cache?.save(key, cached)
  await keepFiles(work, path, definition.artifacts)
  return checkedOutcome(work, checks, reports)
}

async function stepsOf(
  step: TemplateStep,
  index: number,
  root: string,
  values: TrustedTask['values'],
  env: Record<string, string>,
): Promise<Step[]> {
  if ('uses' in step) {
    const { setup, checks } = await detectChecks(root)
    const { only } = step
    return [...setup, ...(only ? checks.filter(({ name }) => only.includes(name)) : checks)]
  }
  const name = step.name ?? `step ${index + 1}`
  // Parameters reach a shell line as variables only: none of their text is ever part of the line.
  if ('run' in step) return [{ name, command: step.run, kind: 'setup', reporting: () => ({ env }) }]
  const [program = '', ...rest] = fillArguments(step.argv, values)
  const command: [string, ...string[]] = [program, ...rest]
  const shown = step.argv.join(' ').slice(0, 500)
  return [{ name, command: shown, kind: 'setup', reporting: () => ({ command, env }) }]
}
