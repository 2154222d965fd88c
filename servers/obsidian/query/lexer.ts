import { HubError } from '../../../schemas/errors.ts'

export type Token = {
  kind: 'number' | 'string' | 'regex' | 'name' | 'sign' | 'end'
  text: string
  at: number
}

const signs = [
  '==',
  '!=',
  '>=',
  '<=',
  '&&',
  '||',
  '=>',
  '>',
  '<',
  '!',
  '+',
  '-',
  '*',
  '/',
  '%',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  '.',
  ':',
  '?',
]
const maxChars = 10_000

/** Cuts a formula of a base into tokens. `at` counts characters from its start. */
export function tokenize(source: string): Token[] {
  if (source.length > maxChars)
    throw unsupported(`a formula of ${source.length} characters`, 0, source)
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const space = /^\s+/.exec(source.slice(at, at + 200))
    if (space) {
      at += space[0].length
      continue
    }
    const token = next(source, at, tokens.at(-1))
    tokens.push(token)
    at += token.kind === 'string' ? rawLength(source, at) : token.text.length
  }
  return [...tokens, { kind: 'end', text: '', at: source.length }]
}

function next(source: string, at: number, before: Token | undefined): Token {
  const rest = source.slice(at)
  const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest)
  if (number) return { kind: 'number', text: number[0], at }
  const name = /^[\p{L}_$][\p{L}\p{N}_$]*/u.exec(rest)
  if (name) return { kind: 'name', text: name[0], at }
  if (rest.startsWith('"') || rest.startsWith("'")) {
    const length = rawLength(source, at)
    return { kind: 'string', text: unescape(rest.slice(1, length - 1)), at }
  }
  const isOperand =
    before !== undefined && (before.kind !== 'sign' || [')', ']', '}'].includes(before.text))
  if (rest.startsWith('/') && !isOperand) {
    const regex = /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/.exec(rest)
    if (regex) return { kind: 'regex', text: regex[0], at }
  }
  const sign = signs.find((candidate) => rest.startsWith(candidate))
  if (sign !== undefined) return { kind: 'sign', text: sign, at }
  throw unsupported(`the character ${JSON.stringify(rest[0])}`, at, source)
}

function rawLength(source: string, at: number): number {
  const quote = source[at]
  for (let end = at + 1; end < source.length; end++) {
    if (source[end] === '\\') end++
    else if (source[end] === quote) return end - at + 1
  }
  throw new HubError(
    'invalid',
    `a text that begins at character ${at + 1} is not closed: ${source.slice(at, at + 40)}`,
  )
}

const unescape = (text: string) =>
  text.replace(
    /\\(.)/gs,
    (_all, character: string) => ({ n: '\n', t: '\t', r: '\r' })[character] ?? character,
  )

/** What this hub does not know is refused with its place: a guess could show more than was asked for. */
export const unsupported = (what: string, at: number, source: string): HubError =>
  new HubError(
    'unsupported',
    `${what}, at character ${at + 1} of ${JSON.stringify(source.slice(0, 200))}, is not supported`,
    {
      details: {
        reason: 'unsupported_expression',
        position: at + 1,
        expression: source.slice(0, 500),
      },
    },
  )
