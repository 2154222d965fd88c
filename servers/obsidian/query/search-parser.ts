import { HubError } from '../../../schemas/errors.ts'

/** A search as Obsidian's search field takes it. `scope` says what the inner query is held against. */
export type Query =
  | { kind: 'all' }
  | { kind: 'and' | 'or'; parts: Query[] }
  | { kind: 'not'; part: Query }
  | { kind: 'text'; text: string; matchCase: boolean }
  | { kind: 'regex'; pattern: string; flags: string }
  | { kind: 'scope'; scope: SearchScope; part: Query }
  | { kind: 'tag'; tag: string }
  | {
      kind: 'property'
      name: string
      value: Query | undefined
      test: { sign: string; number: number } | 'null' | undefined
    }

const scopes = [
  'file',
  'path',
  'content',
  'line',
  'block',
  'section',
  'task',
  'task-todo',
  'task-done',
] as const
export type SearchScope = (typeof scopes)[number]

const maxChars = 4000
const maxDepth = 40

/** Parses a search; operators that are not supported are refused with their place. */
export function parseSearch(source: string): Query {
  if (source.length > maxChars) throw wrong(source, 0, `a search of ${source.length} characters`)
  let at = 0
  let depth = 0
  const skip = () => {
    while (/\s/.test(source[at] ?? '')) at++
  }

  const either = (matchCase: boolean): Query => {
    if (++depth > maxDepth) throw wrong(source, at, 'so deep a nesting')
    const parts = [every(matchCase)]
    while (/^OR(?=[\s(]|$)/.test(source.slice(at))) {
      at += 2
      parts.push(every(matchCase))
    }
    depth--
    return parts.length === 1 ? (parts[0] ?? { kind: 'all' }) : { kind: 'or', parts }
  }

  const every = (matchCase: boolean): Query => {
    const parts: Query[] = []
    for (;;) {
      skip()
      if (at >= source.length || source[at] === ')' || /^OR(?=[\s(]|$)/.test(source.slice(at)))
        break
      parts.push(term(matchCase))
    }
    return parts.length === 1
      ? (parts[0] ?? { kind: 'all' })
      : parts.length === 0
        ? { kind: 'all' }
        : { kind: 'and', parts }
  }

  const term = (matchCase: boolean): Query => {
    skip()
    if (source[at] === '-') {
      at++
      return { kind: 'not', part: term(matchCase) }
    }
    if (source[at] === '(') return group(matchCase)
    if (source[at] === '"') return { kind: 'text', text: quoted(), matchCase }
    if (source[at] === '[') return property(matchCase)
    const regex = /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*(?=[\s)]|$)/.exec(
      source.slice(at),
    )?.[0]
    if (regex !== undefined) {
      at += regex.length
      const close = regex.lastIndexOf('/')
      return { kind: 'regex', pattern: regex.slice(1, close), flags: regex.slice(close + 1) }
    }
    const operator = /^([a-z][a-z-]*):(?!\/\/)/.exec(source.slice(at))?.[1]
    if (operator !== undefined) return operated(operator, matchCase)
    const word = /^[^\s()"]+/.exec(source.slice(at))?.[0] ?? source[at] ?? ''
    at += word.length
    return { kind: 'text', text: word, matchCase }
  }

  const operated = (name: string, matchCase: boolean): Query => {
    const start = at
    at += name.length + 1
    if (name === 'match-case') return term(true)
    if (name === 'ignore-case') return term(false)
    if (name === 'tag') {
      skip()
      return { kind: 'tag', tag: source[at] === '"' ? quoted() : bare() }
    }
    const scope = scopes.find((other) => other === name)
    if (!scope) throw wrong(source, start, `the operator ${name}:`)
    skip()
    if (at >= source.length || source[at] === ')')
      return { kind: 'scope', scope, part: { kind: 'all' } }
    return { kind: 'scope', scope, part: term(matchCase) }
  }

  const bare = (): string => {
    const word = /^[^\s()]+/.exec(source.slice(at))?.[0] ?? ''
    at += word.length
    return word
  }

  const group = (matchCase: boolean): Query => {
    const start = at++
    const inner = either(matchCase)
    skip()
    if (source[at] !== ')')
      throw new HubError(
        'invalid',
        `the bracket at character ${start + 1} of the search is not closed`,
      )
    at++
    return inner
  }

  const quoted = (): string => {
    const start = at++
    let text = ''
    while (at < source.length && source[at] !== '"') {
      if (source[at] === '\\' && at + 1 < source.length) at++
      text += source[at++]
    }
    if (source[at] !== '"')
      throw new HubError(
        'invalid',
        `the quotation mark at character ${start + 1} of the search is not closed`,
      )
    at++
    return text
  }

  const property = (matchCase: boolean): Query => {
    const start = at++
    const close = source.indexOf(']', at)
    if (close < 0)
      throw new HubError(
        'invalid',
        `the bracket at character ${start + 1} of the search is not closed`,
      )
    const inner = source.slice(at, close)
    at = close + 1
    const colon = inner.indexOf(':')
    const name = (colon < 0 ? inner : inner.slice(0, colon)).trim().replace(/^"(.*)"$/, '$1')
    if (colon < 0) return { kind: 'property', name, value: undefined, test: undefined }
    const value = inner.slice(colon + 1).trim()
    const compared = /^([<>])\s*(-?\d+(?:\.\d+)?)$/.exec(value)
    if (value === 'null') return { kind: 'property', name, value: undefined, test: 'null' }
    if (compared)
      return {
        kind: 'property',
        name,
        value: undefined,
        test: { sign: compared[1] ?? '', number: Number(compared[2]) },
      }
    const parsed = parseSearch(value)
    return { kind: 'property', name, value: matchCase ? caseful(parsed) : parsed, test: undefined }
  }

  const result = either(false)
  skip()
  if (at < source.length) throw wrong(source, at, `\`${source[at]}\``)
  return result
}

const caseful = (query: Query): Query =>
  query.kind === 'text' ? { ...query, matchCase: true } : query

const wrong = (source: string, at: number, what: string) =>
  new HubError('unsupported', `${what}, at character ${at + 1} of the search, is not supported`, {
    hint: `Operators: ${scopes.join(':, ')}:, tag:, match-case:, ignore-case:, [property], [property:value], OR, -, (), "…", /…/.`,
    details: {
      reason: 'unsupported_expression',
      position: at + 1,
      expression: source.slice(0, 500),
    },
  })
