import { ToolError } from '../mcp.ts'

/** What is wrong with which field, by its path. */
export type FieldErrors = ReadonlyMap<string, string>

/** Where a field stands in a form's value: `submit/params`. Each part is a key or a place in a list. */
export const joinPath = (path: string, part: string | number): string => {
  const own = String(part).replaceAll('~', '~0').replaceAll('/', '~1')
  return path === '' ? own : `${path}/${own}`
}

/** What the hub says of single fields, where it refused arguments. */
export function fieldErrors(error: ToolError | undefined): FieldErrors {
  const issues = error?.body.code === 'invalid' ? error.body.details?.issues : undefined
  if (!Array.isArray(issues)) return new Map()
  return new Map(
    (issues as Issue[]).map(({ path, message }) => [path.reduce<string>(joinPath, ''), message]), // Made by the hub's own check.
  )
}

/** A refusal of what was typed, in the form that the hub refuses in. */
export const invalidField = (path: (string | number)[], message: string): ToolError =>
  new ToolError({ code: 'invalid', message, details: { issues: [{ path, message }] } })

type Issue = { path: (string | number)[]; message: string }

/** The error of a field or, where `isWhole` says that it stands for all inside of it, of any part of it. */
export function errorAt(errors: FieldErrors, path: string, isWhole: boolean): string | undefined {
  const own = errors.get(path)
  if (own !== undefined || !isWhole) return own
  for (const [other, message] of errors) if (other.startsWith(`${path}/`)) return message
  return undefined
}
