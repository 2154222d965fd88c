import { HubError } from '../../schemas/errors.ts'

/**
 * Values with `${env:NAME}` replaced from the hub's environment, so that no secret has to stand in
 * the configuration. A missing variable is said by its name; no value reaches a message.
 */
export function resolveReferences(
  values: Record<string, string>,
  environment: Record<string, string | undefined>,
): Record<string, string> {
  const resolve = (value: string) =>
    value.replace(/\$\{env:(\w+)\}/g, (_all, name: string) => {
      const found = environment[name]
      if (found !== undefined) return found
      throw new HubError('invalid', `the environment has no ${name}`, {
        hint: 'Start the hub with it set, or take the reference out of switchyard.json.',
      })
    })
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, resolve(value)]))
}
