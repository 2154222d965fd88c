import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'

type Issue = z.core.$ZodIssue
type Path = PropertyKey[]
type Problem = {
  path: Path
  /** Missing for a field that is not known, of which the place says what it could have been. */
  message?: string
  /** What kinds of value could stand here, where the one that does is of none of them. */
  kinds?: string[]
}
/** As much of a JSON Schema as leads to the fields of a place. */
type Schema = {
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema | boolean
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

const mostProblems = 8

// Zod's own words are for who reads schemas: these are for who sent the value.
z.config({
  customError: ({ code, input, ...issue }) => {
    if (code !== 'invalid_type') return undefined
    if (input === undefined) return 'is missing'
    return notOf([kindNamed(String(issue.expected))], input)
  },
})

/** What is wrong with the arguments of a tool, in words, and which fields there are where one is not known. */
export function invalidInput(
  tool: string,
  { error, args, schema }: { error: z.ZodError; args: unknown; schema: object },
): HubError {
  const found = error.issues.flatMap((issue) => problemsOf(issue, [])).slice(0, mostProblems)
  const missing = found.filter(({ message }) => message === 'is missing')
  const fieldsBeside = (path: Path) => fieldsAt(schema, path.slice(0, -1))
  const unknownField = (path: Path) => {
    const close = nearest(String(path.at(-1)), fieldsBeside(path)) ?? onlyOne(missing, path)
    return `no such field${close === undefined ? '' : `, did you mean ${close}?`}`
  }
  const issues = found.map(({ path, message, kinds }) => ({
    path,
    message: message ?? (kinds ? notOf(kinds, valueAt(args, path)) : unknownField(path)),
  }))
  const unknown = found.filter(({ message, kinds }) => message === undefined && kinds === undefined)
  const places = new Map(unknown.map(({ path }) => [path.slice(0, -1).join('.'), path]))
  const hint = [...places].map(
    ([place, path]) =>
      `Fields${place === '' ? '' : ` of ${place}`}: ${fieldsBeside(path).join(', ') || 'none'}.`,
  )
  const said = issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`)
  return new HubError('invalid', `${tool}: ${said.join('; ')}`, {
    ...(hint.length > 0 ? { hint: hint.join(' ') } : {}),
    details: { issues },
  })
}

/** The only field that is missing beside an unknown one is likely what was meant. */
function onlyOne(missing: Problem[], path: Path): string | undefined {
  const place = (of: Path) => of.slice(0, -1).join('.')
  const [field, ...others] = missing.filter((other) => place(other.path) === place(path))
  return field && others.length === 0 ? String(field.path.at(-1)) : undefined
}

function problemsOf(issue: Issue, base: Path): Problem[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key] }))
  if (issue.code === 'invalid_key')
    return [{ path, message: issue.issues[0]?.message ?? issue.message }]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return ofUnion(issue.errors, path)
  if (issue.code === 'invalid_type' && issue.message !== 'is missing')
    return [{ path, message: issue.message, kinds: [kindNamed(issue.expected)] }]
  if (issue.code === 'invalid_value')
    return [
      { path, message: issue.message, kinds: issue.values.map((value) => JSON.stringify(value)) },
    ]
  return [{ path, message: issue.message }]
}

/** The problems with the form that a value comes closest to, or the forms it could have if it has none of them. */
function ofUnion(forms: Issue[][], path: Path): Problem[] {
  const tried = forms.map((issues) => issues.flatMap((issue) => problemsOf(issue, path)))
  const isHere = (problem: Problem) => problem.path.length === path.length
  const alike = tried.filter((problems) => !problems.some((one) => one.kinds && isHere(one)))
  if (alike.length === 0)
    return [{ path, kinds: [...new Set(tried.flat().flatMap(({ kinds = [] }) => kinds))] }]
  const strange = (problems: Problem[]) =>
    problems.filter(
      ({ path: at, message }) => message === undefined && at.length === path.length + 1,
    ).length
  const fewest = Math.min(...alike.map(strange))
  const closest = alike.filter((problems) => strange(problems) === fewest).flat()
  return [...new Map(closest.map((problem) => [JSON.stringify(problem), problem])).values()]
}

const fieldsAt = (schema: Schema, place: Path): string[] => [
  ...new Set(placesAt(schema, place).flatMap(({ properties }) => Object.keys(properties ?? {}))),
]

function placesAt(schema: Schema, path: Path): Schema[] {
  const [key, ...rest] = path
  const forms = formsOf(schema)
  if (key === undefined) return forms
  return forms.flatMap(({ properties, items, additionalProperties }) => {
    const next =
      typeof key === 'number' ? items : (properties?.[String(key)] ?? additionalProperties)
    return typeof next === 'object' ? placesAt(next, rest) : []
  })
}

const formsOf = (schema: Schema): Schema[] => [
  schema,
  ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((forms = []) => forms.flatMap(formsOf)),
]

const valueAt = (args: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined, // By any key.
    args,
  )

const kindNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const kindNamed = (type: string): string => kindNames[type] ?? type

function notOf(kinds: string[], value: unknown): string {
  const wanted =
    kinds.length < 2 ? kinds.join('') : `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`
  return `expected ${wanted}, not ${shown(value, kinds)}`
}

/** Text is only told back where a number was meant: elsewhere it may be long, or a secret. */
function shown(value: unknown, kinds: string[]): string {
  const isShort = typeof value === 'string' && value.length <= 40
  if (isShort && kinds.every((kind) => kind.endsWith('number'))) return JSON.stringify(value)
  if (value === null || typeof value === 'boolean' || typeof value === 'number')
    return String(value)
  return kindNamed(Array.isArray(value) ? 'array' : typeof value)
}
