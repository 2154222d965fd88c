import { HubError } from '../../../schemas/errors.ts'
import type { NoteMeta } from '../note-meta.ts'
import type { VaultIndex } from '../vault-index.ts'
import { arithmetic } from './arithmetic.ts'
import { callFunction, callMethod, listMethods } from './functions.ts'
import { unsupported } from './lexer.ts'
import type { Expression } from './parser.ts'
import { compilePattern } from './pattern.ts'
import { fileField, noteProperty } from './scope.ts'
import type { Value } from './values.ts'
import { compare, isEqual, isTruthy, kindOf } from './values.ts'

/** What a formula is evaluated for: one file, the formulas of its base, and a budget that ends. */
export type Scope = {
  index: VaultIndex
  path: string
  note: NoteMeta | undefined
  formulas: Map<string, Expression>
  /** File that `this` stands for. */
  thisPath: string | undefined
  now: number
  budget: { steps: number }
  /** Formulas on the way, to find circles. */
  open: string[]
  locals: Record<string, Value>
}

export function evaluate(expression: Expression, scope: Scope): Value {
  if (--scope.budget.steps < 0) {
    throw new HubError('exhausted', 'the query takes too many steps', {
      hint: 'Narrow it with a filter on folder or tag first.',
    })
  }
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'regex':
      return compilePattern(expression.pattern, expression.flags)
    case 'name':
      return nameValue(expression.name, scope)
    case 'list':
      return expression.items.map((item) => evaluate(item, scope))
    case 'object':
      return {
        kind: 'object',
        entries: Object.fromEntries(
          expression.entries.map(([key, value]) => [key, evaluate(value, scope)]),
        ),
      }
    case 'unary': {
      const value = evaluate(expression.operand, scope)
      if (expression.sign === '!') return !isTruthy(value)
      return typeof value === 'number' ? -value : null
    }
    case 'binary':
      return binaryValue(expression, scope)
    case 'member':
      return memberValue(expression, scope)
    case 'index':
      return indexValue(expression, scope)
    case 'call':
      return callValue(expression, scope)
  }
}

function nameValue(name: string, scope: Scope): Value {
  if (Object.hasOwn(scope.locals, name)) return scope.locals[name] ?? null
  if (name === 'file') return { kind: 'file', path: scope.path }
  if (name === 'this')
    return scope.thisPath === undefined ? null : { kind: 'file', path: scope.thisPath }
  return scope.note ? noteProperty(scope.index, scope.note, name) : null
}

function memberValue(expression: Extract<Expression, { kind: 'member' }>, scope: Scope): Value {
  const { object, name, at, source } = expression
  if (object.kind === 'name' && !Object.hasOwn(scope.locals, object.name)) {
    if (object.name === 'note')
      return scope.note ? noteProperty(scope.index, scope.note, name) : null
    if (object.name === 'formula') return formulaValue(name, scope, at, source)
    if (object.name === 'this' && scope.thisPath === undefined) {
      throw new HubError('invalid', 'this query set needs to know what `this` is', {
        hint: 'Pass `this`, the path of the note that it is looked at from.',
      })
    }
  }
  return fieldOf(evaluate(object, scope), name, scope, at, source)
}

function fieldOf(value: Value, name: string, scope: Scope, at: number, source: string): Value {
  const kind = kindOf(value)
  if (value === null) return null
  if (name === 'length' && (typeof value === 'string' || Array.isArray(value))) return value.length
  if (typeof value === 'object' && !Array.isArray(value)) {
    if (value.kind === 'file') {
      const field = fileField(scope.index, value.path, name)
      if (field !== undefined) return field
      const note = scope.index.notes.get(value.path)
      if (value.path !== scope.path && note) return noteProperty(scope.index, note, name) // Such as this.status.
    }
    if (value.kind === 'object') return value.entries[name] ?? null
    if (value.kind === 'date') {
      const field = dateField(new Date(value.at), name)
      if (field !== undefined) return field
    }
  }
  throw unsupported(`the field ${name} of a ${kind}`, at, source)
}

function dateField(date: Date, name: string): number | undefined {
  const fields: Record<string, number> = {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    millisecond: date.getMilliseconds(),
  }
  return fields[name]
}

function formulaValue(name: string, scope: Scope, at = 0, source = `formula.${name}`): Value {
  const formula = scope.formulas.get(name)
  if (!formula) throw unsupported(`the formula ${name}, which the base does not define`, at, source)
  if (scope.open.includes(name)) {
    throw new HubError(
      'invalid',
      `the formulas of this base go round in a circle: ${[...scope.open, name].join(' → ')}`,
      { details: { reason: 'cyclic_formula', position: at + 1, expression: source } },
    )
  }
  return evaluate(formula, { ...scope, open: [...scope.open, name], locals: {} })
}

function indexValue(expression: Extract<Expression, { kind: 'index' }>, scope: Scope): Value {
  const { object, at, source } = expression
  const key = evaluate(expression.index, scope)
  if (object.kind === 'name' && object.name === 'note' && typeof key === 'string') {
    return scope.note ? noteProperty(scope.index, scope.note, key) : null
  }
  if (object.kind === 'name' && object.name === 'formula' && typeof key === 'string')
    return formulaValue(key, scope, at, source)
  const value = evaluate(object, scope)
  if (value === null) return null
  if (typeof key === 'number')
    return Array.isArray(value)
      ? (value.at(key) ?? null)
      : typeof value === 'string'
        ? (value.at(key) ?? null)
        : null
  return typeof key === 'string' ? fieldOf(value, key, scope, at, source) : null
}

function callValue(expression: Extract<Expression, { kind: 'call' }>, scope: Scope): Value {
  const { callee, args, at, source } = expression
  if (callee.kind === 'name') {
    if (callee.name === 'if') {
      const chosen = isTruthy(
        evaluate(args[0] ?? { kind: 'literal', value: null, at, source }, scope),
      )
        ? args[1]
        : args[2]
      return chosen ? evaluate(chosen, scope) : null
    }
    const values = args.map((arg) => evaluate(arg, scope))
    return callFunction(callee.name, values, scope, () =>
      unsupported(`the function ${callee.name}()`, callee.at, source),
    )
  }
  if (callee.kind !== 'member') throw unsupported('such a call', at, source)
  const value = evaluate(callee.object, scope)
  const refuse = () =>
    unsupported(`the function ${callee.name}() of a ${kindOf(value)}`, callee.at, source)
  if (Array.isArray(value) && listMethods.includes(callee.name))
    return eachItem(value, callee.name, args, scope)
  const values = args.map((arg) => evaluate(arg, scope))
  return callMethod(value, callee.name, values, scope, refuse)
}

/** `filter`, `map` and `reduce`: the expression is evaluated for each item, as `value` and `index`. */
function eachItem(list: Value[], name: string, [body, start]: Expression[], scope: Scope): Value {
  if (!body) return null
  const run = (value: Value, index: number, acc: Value) =>
    evaluate(body, { ...scope, locals: { ...scope.locals, value, index, acc } })
  if (name === 'filter') return list.filter((value, index) => isTruthy(run(value, index, null)))
  if (name === 'map') return list.map((value, index) => run(value, index, null))
  return list.reduce<Value>(
    (acc, value, index) => run(value, index, acc),
    start ? evaluate(start, scope) : null,
  )
}

function binaryValue(
  { sign, left, right, at, source }: Extract<Expression, { kind: 'binary' }>,
  scope: Scope,
): Value {
  const a = evaluate(left, scope)
  if (sign === '&&') return isTruthy(a) ? isTruthy(evaluate(right, scope)) : false
  if (sign === '||') return isTruthy(a) ? true : isTruthy(evaluate(right, scope))
  const b = evaluate(right, scope)
  if (sign === '==') return isEqual(a, b)
  if (sign === '!=') return !isEqual(a, b)
  if (['>', '<', '>=', '<='].includes(sign)) {
    const order = compare(a, b)
    if (order === undefined) return false
    return sign === '>'
      ? order > 0
      : sign === '<'
        ? order < 0
        : sign === '>='
          ? order >= 0
          : order <= 0
  }
  return arithmetic(sign, a, b, () =>
    unsupported(`\`${sign}\` between a ${kindOf(a)} and a ${kindOf(b)}`, at, source),
  )
}
