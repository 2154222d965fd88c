import { readFileSync } from 'node:fs'
import { HubError } from '../../schemas/errors.ts'

type Environment = Record<string, string | undefined>

/**
 * A value with `${env:NAME}` replaced from the hub's environment and `${file:/path}` by what the file
 * holds, so that no secret has to stand in the configuration. What is missing is said by its name; no
 * value reaches a message.
 */
function resolveReference(value: string, environment: Environment): string {
  return value.replace(
    /\$\{(?:env:(\w+)|file:([^}]+))\}/g,
    (_all, name: string | undefined, file = '') =>
      name === undefined ? textOf(file) : valueOf(name, environment),
  )
}

export const resolveReferences = (
  values: Record<string, string>,
  environment: Environment,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, resolveReference(value, environment)]),
  )

function valueOf(name: string, environment: Environment): string {
  const found = environment[name]
  if (found !== undefined) return found
  throw new HubError('invalid', `the environment has no ${name}`, {
    hint: 'Start the hub with it set, or take the reference out of switchyard.json.',
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new HubError('invalid', `the file ${file} cannot be read`, {
      hint: 'Make it, or take the reference out of switchyard.json.',
      cause: error,
    })
  }
}
