/** As much of a JSON schema as the command line shows and follows. */
export type Shape = {
  type?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  items?: Shape
  properties?: Record<string, Shape>
  required?: string[]
  anyOf?: Shape[]
  oneOf?: Shape[]
}

/** Every form that a value may have. */
export const formsOf = (shape: Shape): Shape[] =>
  (shape.anyOf ?? shape.oneOf)?.flatMap(formsOf) ?? [shape]

/** The values to choose from; none where some other value may be given as well. */
export function choicesOf(shape: Shape): string[] {
  const forms = formsOf(shape).map(({ const: only, enum: some }) =>
    only === undefined ? some : [only],
  )
  return forms.every((choices) => choices !== undefined) ? forms.flat().map(String) : []
}

/**
 * What an option takes, in a few words: `number`, `yes/no`, `one of a|b`, `list of text`, `{"cpus": number}`.
 * Of objects within objects the fields are left out: nobody reads a line that holds them all.
 */
export const shapeText = (shape: Shape, depth = 0): string =>
  [...new Set(formsOf(shape).map((form) => formText(form, depth)))].join(' or ')

function formText(form: Shape, depth: number): string {
  if (form.const !== undefined) return JSON.stringify(form.const)
  if (form.enum) return `one of ${form.enum.map(String).join('|')}`
  switch (form.type) {
    case 'boolean':
      return 'yes/no'
    case 'integer':
      return 'whole number'
    case 'number':
      return 'number'
    case 'array':
      return `list of ${form.items ? shapeText(form.items, depth) : 'JSON'}`
    case 'object':
      return depth === 0 ? objectText(form, depth + 1) : '{…}'
    case 'null':
      return 'null'
    case 'string':
      return 'text'
    default:
      return 'JSON'
  }
}

/** The fields of an object as they are written; those that may be left out have a question mark. */
function objectText({ properties = {}, required }: Shape, depth: number): string {
  const fields = Object.entries(properties).map(([name, shape]) => {
    const mayMiss = required !== undefined && !required.includes(name)
    return `${JSON.stringify(name)}${mayMiss ? '?' : ''}: ${shapeText(shape, depth)}`
  })
  return fields.length > 0 ? `{${fields.join(', ')}}` : '{…}'
}

/** A number with the bounds that it has: `a whole number from 0 to 65535`. */
export function numberText({ type, minimum, maximum }: Shape): string {
  const bounds = [
    ...(bounded(minimum) ? [`from ${minimum}`] : []),
    ...(bounded(maximum) ? [`to ${maximum}`] : []),
  ]
  return [type === 'integer' ? 'a whole number' : 'a number', ...bounds].join(' ')
}

/** A schema of a whole number without a bound has those of the safe ones. */
const bounded = (bound: number | undefined) =>
  bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER
