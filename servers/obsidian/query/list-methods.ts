import type { Value } from './values.ts'
import { compare, isEqual, show } from './values.ts'

/** Functions of a list but `filter`, `map` and `reduce`. */
export function listMethod(list: Value[], name: string, args: Value[], refuse: () => Error): Value {
  const [first = null, second = null] = args
  const has = (wanted: Value) =>
    list.some(
      (item) =>
        isEqual(item, wanted) ||
        (typeof item === 'string' &&
          typeof wanted === 'string' &&
          item.toLowerCase() === wanted.toLowerCase()),
    )
  switch (name) {
    case 'contains':
      return has(first)
    case 'containsAll':
      return args.flat().every(has)
    case 'containsAny':
      return args.flat().some(has)
    case 'flat':
      return list.flat()
    case 'join':
      return list.map(show).join(typeof first === 'string' ? first : ', ')
    case 'reverse':
      return list.toReversed()
    case 'slice':
      return list.slice(
        typeof first === 'number' ? first : 0,
        typeof second === 'number' ? second : undefined,
      )
    case 'sort':
      return list.toSorted((a, b) => compare(a, b) ?? 0)
    case 'unique':
      return list.filter((item, index) => list.findIndex((other) => isEqual(other, item)) === index)
    default:
      throw refuse()
  }
}
