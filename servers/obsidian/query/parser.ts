import { HubError } from '../../../schemas/errors.ts'
import type { Token } from './lexer.ts'
import { tokenize, unsupported } from './lexer.ts'

export type Expression = { at: number; source: string } & (
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'regex'; pattern: string; flags: string }
  | { kind: 'name'; name: string }
  | { kind: 'member'; object: Expression; name: string }
  | { kind: 'index'; object: Expression; index: Expression }
  | { kind: 'call'; callee: Expression; args: Expression[] }
  | { kind: 'unary'; sign: '!' | '-'; operand: Expression }
  | { kind: 'binary'; sign: string; left: Expression; right: Expression }
  | { kind: 'list'; items: Expression[] }
  | { kind: 'object'; entries: [string, Expression][] }
)

const levels = [['||'], ['&&'], ['==', '!='], ['>', '<', '>=', '<='], ['+', '-'], ['*', '/', '%']]
const maxDepth = 60

/** Parses a formula or filter of a base. */
export function parseExpression(source: string): Expression {
  const tokens = tokenize(source)
  let at = 0
  let depth = 0
  const peek = (): Token => tokens[at] ?? end
  const end: Token = { kind: 'end', text: '', at: source.length }
  const isSign = (text: string) => peek().kind === 'sign' && peek().text === text
  const take = (): Token => tokens[at++] ?? end
  const expect = (text: string): void => {
    if (!isSign(text)) throw wrong(`\`${text}\``, peek(), source)
    at++
  }

  const binary = (level: number): Expression => {
    const signs = levels[level]
    if (!signs) return unary()
    let left = binary(level + 1)
    while (peek().kind === 'sign' && signs.includes(peek().text)) {
      const sign = take()
      left = {
        kind: 'binary',
        sign: sign.text,
        left,
        right: binary(level + 1),
        at: sign.at,
        source,
      }
    }
    return left
  }

  const unary = (): Expression => {
    if (++depth > maxDepth) throw unsupported('so deep a nesting', peek().at, source)
    try {
      if (isSign('!') || isSign('-')) {
        const sign = take()
        return {
          kind: 'unary',
          sign: sign.text === '!' ? '!' : '-',
          operand: unary(),
          at: sign.at,
          source,
        }
      }
      return postfix(primary())
    } finally {
      depth--
    }
  }

  const postfix = (start: Expression): Expression => {
    let value = start
    for (;;) {
      if (isSign('.')) {
        at++
        const name = take()
        if (name.kind !== 'name') throw wrong('a name', name, source)
        value = { kind: 'member', object: value, name: name.text, at: name.at, source }
      } else if (isSign('[')) {
        const open = take()
        value = { kind: 'index', object: value, index: binary(0), at: open.at, source }
        expect(']')
      } else if (isSign('(')) {
        at++
        value = { kind: 'call', callee: value, args: items(')'), at: value.at, source }
      } else return value
    }
  }

  const items = (close: string): Expression[] => {
    const found: Expression[] = []
    while (!isSign(close)) {
      found.push(binary(0))
      if (!isSign(close)) expect(',')
    }
    at++
    return found
  }

  const primary = (): Expression => {
    const token = take()
    const place = { at: token.at, source }
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text), ...place }
    if (token.kind === 'string') return { kind: 'literal', value: token.text, ...place }
    if (token.kind === 'regex') {
      const close = token.text.lastIndexOf('/')
      return {
        kind: 'regex',
        pattern: token.text.slice(1, close),
        flags: token.text.slice(close + 1),
        ...place,
      }
    }
    if (token.kind === 'name') {
      const fixed = { true: true, false: false, null: null }[token.text]
      if (fixed !== undefined) return { kind: 'literal', value: fixed, ...place }
      return { kind: 'name', name: token.text, ...place }
    }
    if (token.text === '(' && token.kind === 'sign') {
      const inner = binary(0)
      expect(')')
      return inner
    }
    if (token.text === '[' && token.kind === 'sign')
      return { kind: 'list', items: items(']'), ...place }
    if (token.text === '{' && token.kind === 'sign')
      return { kind: 'object', entries: entries(), ...place }
    throw wrong('a value', token, source)
  }

  const entries = (): [string, Expression][] => {
    const found: [string, Expression][] = []
    while (!isSign('}')) {
      const key = take()
      if (key.kind !== 'name' && key.kind !== 'string') throw wrong('a key', key, source)
      expect(':')
      found.push([key.text, binary(0)])
      if (!isSign('}')) expect(',')
    }
    at++
    return found
  }

  const result = binary(0)
  if (peek().kind !== 'end') throw wrong('the end', peek(), source)
  return result
}

const wrong = (wanted: string, found: Token, source: string) =>
  new HubError(
    'invalid',
    `${JSON.stringify(source.slice(0, 200))}: ${wanted} was expected at character ${found.at + 1}, and ${found.kind === 'end' ? 'it ends' : `\`${found.text}\` stands`} there`,
    {
      details: { position: found.at + 1, expression: source.slice(0, 500) },
    },
  )
