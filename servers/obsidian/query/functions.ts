import { hasTag } from '../note-scan.ts'
import { formatDate } from './date-format.ts'
import type { Scope } from './evaluate.ts'
import { listMethod } from './list-methods.ts'
import { numberMethod } from './number-methods.ts'
import { fileField, linkValue } from './scope.ts'
import { stringMethod } from './string-methods.ts'
import type { DateValue, FileValue, LinkValue, Value } from './values.ts'
import { isEmpty, isTruthy, kindOf, readDate, readDuration, show } from './values.ts'

type Refuse = () => Error

/** Take an expression that is evaluated for each item, not a value. */
export const listMethods = ['filter', 'map', 'reduce']

/** Functions that stand alone, such as `today()`. */
export function callFunction(name: string, args: Value[], scope: Scope, refuse: Refuse): Value {
  const [first = null] = args
  switch (name) {
    case 'now':
      return { kind: 'date', at: scope.now, hasTime: true }
    case 'today': {
      const day = new Date(scope.now)
      day.setHours(0, 0, 0, 0)
      return { kind: 'date', at: day.getTime(), hasTime: false }
    }
    case 'date':
      return first !== null &&
        typeof first === 'object' &&
        !Array.isArray(first) &&
        first.kind === 'date'
        ? first
        : (readDate(show(first)) ?? null)
    case 'duration':
      return readDuration(show(first)) ?? null
    case 'number':
      return toNumber(first)
    case 'list':
      return Array.isArray(first) ? first : first === null ? [] : [first]
    case 'max':
    case 'min': {
      const numbers = args.flat().filter((value) => typeof value === 'number')
      return numbers.length === 0
        ? null
        : name === 'max'
          ? Math.max(...numbers)
          : Math.min(...numbers)
    }
    case 'link':
      return {
        ...linkValue(
          scope.index,
          kindOf(first) === 'file' ? (first as FileValue).path : show(first),
          scope.path,
        ),
        ...(args[1] === undefined ? {} : { display: show(args[1]) }),
      } // Its kind was asked for.
    case 'file': {
      const path = pathOf(first, scope)
      return path === undefined ? null : { kind: 'file', path }
    }
    case 'image':
    case 'icon':
    case 'html':
      return show(first) // What they draw is for a screen; their argument is what can be told.
    case 'escapeHTML':
      return show(first).replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
    default:
      throw refuse()
  }
}

/** Functions of a value, such as `file.hasTag("x")`. */
export function callMethod(
  value: Value,
  name: string,
  args: Value[],
  scope: Scope,
  refuse: Refuse,
): Value {
  const [first = null] = args
  if (name === 'isTruthy') return isTruthy(value)
  if (name === 'isEmpty') return isEmpty(value)
  if (name === 'isType') return kindOf(value) === show(first)
  if (name === 'toString') return show(value)
  if (value === null)
    return name.startsWith('contains') || name === 'startsWith' || name === 'endsWith'
      ? false
      : null
  if (typeof value === 'string') return stringMethod(value, name, args, refuse)
  if (typeof value === 'number') return numberMethod(value, name, first, refuse)
  if (Array.isArray(value)) return listMethod(value, name, args, refuse)
  if (typeof value === 'boolean') throw refuse()
  switch (value.kind) {
    case 'date':
      return dateMethod(value, name, first, scope, refuse)
    case 'link':
      return linkMethod(value, name, first, scope, refuse)
    case 'file':
      return fileMethod(value, name, args, scope, refuse)
    case 'regex':
      if (name === 'matches') return value.test(show(first))
      throw refuse()
    case 'object':
      if (name === 'keys') return Object.keys(value.entries)
      if (name === 'values') return Object.values(value.entries)
      throw refuse()
    case 'duration':
      throw refuse()
  }
}

function toNumber(value: Value): Value {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && value.kind === 'date')
    return value.at
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return Number.isNaN(number) ? null : number
}

function dateMethod(
  value: DateValue,
  name: string,
  first: Value,
  scope: Scope,
  refuse: Refuse,
): Value {
  if (name === 'format')
    return formatDate(new Date(value.at), typeof first === 'string' ? first : 'YYYY-MM-DD')
  if (name === 'time') return formatDate(new Date(value.at), 'HH:mm:ss')
  if (name === 'date') {
    const day = new Date(value.at)
    day.setHours(0, 0, 0, 0)
    return { kind: 'date', at: day.getTime(), hasTime: false }
  }
  if (name === 'relative') return relative(value.at - scope.now)
  throw refuse()
}

function relative(ms: number): string {
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [31_536_000_000, 'year'],
    [2_592_000_000, 'month'],
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ]
  const [size, unit] = steps.find(([limit]) => Math.abs(ms) >= limit) ?? [1000, 'second']
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.round(ms / size), unit)
}

function linkMethod(
  value: LinkValue,
  name: string,
  first: Value,
  scope: Scope,
  refuse: Refuse,
): Value {
  if (name === 'asFile') return value.path === undefined ? null : { kind: 'file', path: value.path }
  if (name === 'linksTo') return linksTo(value.path, pathOf(first, scope), scope)
  return stringMethod(value.display ?? value.target, name, [first], refuse)
}

function fileMethod(
  value: FileValue,
  name: string,
  args: Value[],
  scope: Scope,
  refuse: Refuse,
): Value {
  const note = scope.index.notes.get(value.path)
  const [first = null] = args
  if (name === 'hasTag') return args.flat().some((tag) => hasTag(note?.tags ?? [], show(tag)))
  if (name === 'hasLink') return linksTo(value.path, pathOf(first, scope), scope)
  if (name === 'hasProperty')
    return Object.keys(note?.properties ?? {}).some(
      (key) => key.toLowerCase() === show(first).toLowerCase(),
    )
  if (name === 'inFolder') {
    const folder = show(first).replace(/^\/|\/$/g, '')
    return folder === '' || value.path.startsWith(`${folder}/`)
  }
  if (name === 'asLink')
    return {
      ...linkValue(scope.index, value.path, ''),
      ...(args[0] === undefined ? {} : { display: show(first) }),
    }
  throw refuse()
}

/** The file that a value names: a file, a link, or text as in a link. */
function pathOf(value: Value, scope: Scope): string | undefined {
  if (value === null) return undefined
  if (
    typeof value === 'object' &&
    !Array.isArray(value) &&
    (value.kind === 'file' || value.kind === 'link')
  )
    return value.path
  return linkValue(scope.index, show(value), scope.path).path
}

function linksTo(source: string | undefined, target: string | undefined, scope: Scope): boolean {
  if (source === undefined || target === undefined) return false
  const links = [
    fileField(scope.index, source, 'links'),
    fileField(scope.index, source, 'embeds'),
  ].flat()
  return links.some(
    (link) =>
      link !== null &&
      typeof link === 'object' &&
      !Array.isArray(link) &&
      link.kind === 'link' &&
      link.path === target,
  )
}
