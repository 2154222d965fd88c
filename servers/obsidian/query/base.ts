import { z } from 'zod'
import { yaml } from '../../kit/lazy.ts'
import { HubError } from '../../../schemas/errors.ts'
import { Slices } from '../slices.ts'
import type { VaultIndex } from '../vault-index.ts'
import type { Filter, Order } from './base-schema.ts'
import { BaseFile, View, ViewTitle } from './base-schema.ts'
import type { Scope } from './evaluate.ts'
import { evaluate } from './evaluate.ts'
import type { Expression } from './parser.ts'
import { parseFormula } from './formula.ts'
import { summarize } from './summaries.ts'
import type { Value } from './values.ts'
import { compare, isEmpty, isTruthy, plain, show } from './values.ts'

/** A view, or why it cannot be run; one that is wrong keeps no other from running. */
export type BaseView = { name: string } & (
  | { state: 'read'; view: View }
  | { state: 'wrong'; problem: string }
)
type Base = Pick<z.infer<typeof BaseFile>, 'filters' | 'formulas' | 'summaries'> & {
  views: BaseView[]
}

type BaseRow = { path: string; values: Record<string, unknown>; group?: string }
export type BaseResult = {
  rows: BaseRow[]
  total: number
  columns: string[]
  summaries: Record<string, unknown>
}

const stepsPerQuery = 5_000_000
const stepsPerFile = 200_000
const maxChars = 256 * 1024

/** Reads a `.base` text. Keys that only say how a view looks are kept out of the way. */
export function readBase(text: string, shown: string): Base {
  if (text.length > maxChars) throw new HubError('unsupported', `${shown} is longer than 256 KiB`)
  try {
    const base = BaseFile.parse(yaml().parse(text, { maxAliasCount: 50 }) ?? {})
    const { filters, formulas, summaries, views = [] } = base
    return { filters, formulas, summaries, views: views.map(readView) }
  } catch (error) {
    throw new HubError('invalid', `${shown} is not a base: ${reasonOf(error)}`, { cause: error })
  }
}

function readView(raw: unknown, index: number): BaseView {
  const title = ViewTitle.safeParse(raw).data
  const name = title?.name ?? `${title?.type ?? 'view'} ${index + 1}`
  const read = View.safeParse(raw)
  return read.success
    ? { name, state: 'read', view: read.data }
    : { name, state: 'wrong', problem: reasonOf(read.error) }
}

function reasonOf(error: unknown): string {
  const reason =
    error instanceof z.ZodError
      ? z.prettifyError(error)
      : error instanceof Error
        ? error.message
        : String(error)
  return reason.slice(0, 500)
}

export const viewNames = ({ views }: Base): string[] => views.map(({ name }) => name)

type Asked = {
  view: string | undefined
  thisPath: string | undefined
  now: number
  fields: string[] | undefined
}

/**
 * The files that a view shows, sorted and with the values of its columns. Anything in it that is not
 * understood is refused before the first file is looked at, so that no answer is wider than asked.
 */
export async function runBase(base: Base, index: VaultIndex, asked: Asked): Promise<BaseResult> {
  const view = chooseView(base, asked.view)
  const formulas = new Map(
    Object.entries(base.formulas ?? {}).map(([name, source]) => [name, parseFormula(source)]),
  )
  const filters = [base.filters, view?.filters]
    .filter((filter) => filter !== undefined)
    .map(compileFilter)
  const group = view?.groupBy === undefined ? undefined : compileOrder(view.groupBy)
  const sort = (view?.sort ?? []).map(compileOrder)
  const columns = asked.fields ?? view?.order ?? ['file.name']
  const cells = columns.map((name) => ({ name, expression: parseProperty(name) }))
  let left = stepsPerQuery
  const scopeOf = (path: string): Scope => ({
    index,
    path,
    note: index.notes.get(path),
    formulas,
    thisPath: asked.thisPath,
    now: asked.now,
    budget: { steps: Math.min(left, stepsPerFile) },
    open: [],
    locals: {},
  })
  const slices = new Slices()
  await index.links() // A formula may ask what links to a file.

  const found: { path: string; scope: Scope; keys: Key[] }[] = []
  for (const path of [...index.tree.files.keys()].toSorted()) {
    if (slices.isOver) await slices.next()
    const scope = scopeOf(path)
    const before = scope.budget.steps
    if (filters.every((filter) => filter(scope))) {
      const keys = [...(group ? [group] : []), ...sort].map(({ expression, sign }) => ({
        value: evaluate(expression, scope),
        sign,
      }))
      found.push({ path, scope, keys })
    }
    left -= before - scope.budget.steps
  }
  found.sort((a, b) => byKeys(a.keys, b.keys))
  const shown = view?.limit ? found.slice(0, view.limit) : found
  const rows = []
  for (const { path, scope, keys } of shown) {
    if (slices.isOver) await slices.next()
    rows.push({
      path,
      cells: cells.map(({ name, expression }) => [name, evaluate(expression, scope)] as const),
      group: group && keys[0] ? show(keys[0].value) : undefined,
    })
  }
  return {
    rows: rows.map(({ path, cells: values, group: inGroup }) => ({
      path,
      values: Object.fromEntries(values.map(([name, value]) => [name, plain(value)])),
      ...(inGroup === undefined ? {} : { group: inGroup }),
    })),
    total: found.length,
    columns,
    summaries: summarize(
      view?.summaries ?? {},
      base.summaries ?? {},
      (name) => shown.map(({ scope }) => evaluate(parseProperty(name), scope)),
      scopeOf(''),
    ),
  }
}

function chooseView({ views }: Base, asked: string | undefined): View | undefined {
  const found = asked === undefined ? views[0] : views.find(({ name }) => name === asked)
  if (!found && asked === undefined) return undefined
  if (!found) {
    throw new HubError('not_found', `the base has no view ${JSON.stringify(asked)}`, {
      hint: `Views: ${views.map(({ name }) => name).join(', ') || 'none'}.`,
    })
  }
  if (found.state === 'read') return found.view
  throw new HubError('invalid', `the view ${found.name} cannot be read: ${found.problem}`)
}

type Test = (scope: Scope) => boolean

function compileFilter(filter: Filter): Test {
  if (typeof filter === 'string') {
    const expression = parseFormula(filter)
    return (scope) => isTruthy(evaluate(expression, scope))
  }
  const [and, or, not] = [filter.and, filter.or, filter.not].map((part) => part?.map(compileFilter))
  return (scope) =>
    (and?.every((test) => test(scope)) ?? true) &&
    (or === undefined || or.length === 0 || or.some((test) => test(scope))) &&
    !(not?.some((test) => test(scope)) ?? false)
}

function compileOrder(order: string | Order): {
  expression: Expression
  sign: 1 | -1
} {
  const { property, direction } =
    typeof order === 'string' ? { property: order, direction: 'ASC' } : order
  return { expression: parseProperty(property), sign: direction === 'DESC' ? -1 : 1 }
}

/** A column: `file.name`, `formula.x`, `note.due`, or a property by its bare name, spaces and all. */
function parseProperty(name: string): Expression {
  const scoped = /^(note|formula|file)\.(.+)$/s.exec(name)
  const place = { at: 0, source: name }
  if (!scoped)
    return {
      kind: 'index',
      object: { kind: 'name', name: 'note', ...place },
      index: { kind: 'literal', value: name, ...place },
      ...place,
    }
  const object: Expression = { kind: 'name', name: scoped[1] ?? '', ...place }
  if (scoped[1] === 'file') return { kind: 'member', object, name: scoped[2] ?? '', ...place }
  return {
    kind: 'index',
    object,
    index: { kind: 'literal', value: scoped[2] ?? '', ...place },
    ...place,
  }
}

type Key = { value: Value; sign: 1 | -1 }

/** Empty values come last, whichever way the rest is sorted. */
function byKeys(a: Key[], b: Key[]): number {
  for (const [index, { value, sign }] of a.entries()) {
    const other = b[index]?.value ?? null
    if (isEmpty(value) !== isEmpty(other)) return isEmpty(value) ? 1 : -1
    const order = compare(value, other) ?? compare(show(value), show(other)) ?? 0
    if (order !== 0) return order * sign
  }
  return 0
}
