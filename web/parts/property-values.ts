type Value = string | number | boolean | null | (string | number)[]

/** What of its form a property of a note has. `other` is shown and left as it is. */
export type Kind = 'text' | 'number' | 'yes or no' | 'list' | 'other'

/** Names of the fields of a property that is added; no property can be called so. */
export const newKind = { name: '\u0000name', value: '\u0000value' }

export function kindOf(value: unknown): Kind {
  if (value === null || value === undefined || typeof value === 'string') return 'text'
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'yes or no'
  if (!Array.isArray(value)) return 'other'
  return value.every((one) => typeof one === 'string' || typeof one === 'number') ? 'list' : 'other'
}

/** What a form says that the note does not yet. */
export function changesOf(
  before: Record<string, unknown>,
  given: FormData,
  gone: string[],
): { set: Record<string, Value>; unset: string[] } {
  const set: Record<string, Value> = {}
  for (const [name, value] of Object.entries(before)) {
    if (gone.includes(name)) continue
    const next = valueOf(value, given.get(name))
    if (next !== undefined && JSON.stringify(next) !== JSON.stringify(value ?? null))
      set[name] = next
  }
  const added = textOf(given.get(newKind.name)).trim()
  if (added !== '') set[added] = typed(textOf(given.get(newKind.value)).trim())
  return { set, unset: gone.filter((name) => !(name in set)) }
}

function valueOf(before: unknown, given: FormDataEntryValue | null): Value | undefined {
  const text = textOf(given)
  switch (kindOf(before)) {
    case 'yes or no':
      return given !== null
    case 'number':
      return text.trim() === '' ? null : Number(text)
    case 'list':
      return listOf(text, before as (string | number)[]) // Told by its kind.
    case 'text':
      return text === '' && before !== '' ? null : text
    case 'other':
      return undefined
  }
}

/** A line each; what was a number stays one. */
const listOf = (text: string, before: (string | number)[]): (string | number)[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => before.find((one) => String(one) === line) ?? line)

/** What is written as a number, or as yes or no, is one. */
function typed(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text === '' ? null : text
}

const textOf = (given: FormDataEntryValue | null): string =>
  typeof given === 'string' ? given : ''
