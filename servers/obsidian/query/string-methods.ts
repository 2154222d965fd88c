import { HubError } from '../../../schemas/errors.ts'
import type { Pattern, Value } from './values.ts'
import { show } from './values.ts'

const maxChars = 1_000_000

/** Functions of a text. Letters' case matters to `contains`, as it does in Bases. */
export function stringMethod(
  text: string,
  name: string,
  args: Value[],
  refuse: () => Error,
): Value {
  const [first = null, second = null] = args
  switch (name) {
    case 'contains':
      return text.includes(show(first))
    case 'containsAll':
      return args.flat().every((part) => text.includes(show(part)))
    case 'containsAny':
      return args.flat().some((part) => text.includes(show(part)))
    case 'startsWith':
      return text.startsWith(show(first))
    case 'endsWith':
      return text.endsWith(show(first))
    case 'lower':
      return text.toLowerCase()
    case 'upper':
      return text.toUpperCase()
    case 'title':
      return text.replace(
        /\p{L}[\p{L}\p{N}']*/gu,
        (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
      )
    case 'trim':
      return text.trim()
    case 'reverse':
      return Array.from(text).toReversed().join('')
    case 'repeat': {
      const times = typeof first === 'number' ? Math.max(0, Math.trunc(first)) : 0
      if (text.length * times > maxChars)
        throw new HubError('exhausted', 'a text in the query grows too long')
      return text.repeat(times)
    }
    case 'replace': {
      const pattern = asPattern(first)
      return pattern
        ? pattern.replace(text, show(second))
        : text.replaceAll(show(first), () => show(second))
    }
    case 'split': {
      const parts = asPattern(first)?.split(text) ?? text.split(show(first))
      return typeof second === 'number' ? parts.slice(0, second) : parts
    }
    case 'slice':
      return text.slice(
        typeof first === 'number' ? first : 0,
        typeof second === 'number' ? second : undefined,
      )
    default:
      throw refuse()
  }
}

const asPattern = (value: Value): Pattern | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && value.kind === 'regex'
    ? value
    : undefined
