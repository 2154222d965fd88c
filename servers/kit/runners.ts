import type { ConfigFile } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { RunnerConfig } from '../../schemas/runner.ts'
import { builtInRunner } from '../../schemas/runner.ts'

/** The configuration of an external agent by its name, or a refusal that names what there is. */
export function findRunner({ runners }: ConfigFile, name: string): RunnerConfig {
  const found = Object.hasOwn(runners, name) ? runners[name] : undefined
  if (found) return found
  const known = [builtInRunner, ...Object.keys(runners)]
  const close = nearest(name, known)
  throw new HubError('not_found', `there is no runner ${JSON.stringify(name)}`, {
    hint: `${close ? `Did you mean ${close}? ` : ''}Runners: ${known.join(', ')}. Others are configured under \`runners\` in switchyard.json.`,
  })
}

/** Whether a task is left to an external agent, and not to the built-in loop. */
export const isExternal = (runner: string | undefined): runner is string =>
  runner !== undefined && runner !== builtInRunner
