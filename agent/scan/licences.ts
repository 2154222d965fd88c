import type { Finding } from '../../schemas/report.ts'
import type { Package } from './packages.ts'

type Expression =
  | { kind: 'licence'; id: string }
  | { kind: 'all'; parts: Expression[] }
  | { kind: 'any'; parts: Expression[] }

/** Whether a text is an SPDX licence expression, such as `(MIT OR Apache-2.0)`. */
export const isExpression = (text: string): boolean => parseExpression(text) !== undefined

/**
 * Whether a licence may be used: of alternatives one has to be, of joined licences all. With an allow
 * list nothing else may; what is denied never may.
 */
export function isAccepted(
  text: string,
  policy: { allow: string[]; deny: string[] },
): boolean | undefined {
  const expression = parseExpression(text)
  if (!expression) return undefined
  const has = (list: string[], id: string) =>
    list.some((one) => one.toLowerCase() === id.toLowerCase())
  const holds = (part: Expression): boolean => {
    if (part.kind === 'any') return part.parts.some(holds)
    if (part.kind === 'all') return part.parts.every(holds)
    const [plain = ''] = part.id.split(' WITH ')
    if (has(policy.deny, part.id) || has(policy.deny, plain)) return false
    return policy.allow.length === 0 || has(policy.allow, part.id) || has(policy.allow, plain)
  }
  return holds(expression)
}

/** Findings about the licences of packages; one whose licence is not known is a finding of an allow list. */
export function checkLicences(
  packages: Package[],
  policy: { allow: string[]; deny: string[] },
): { findings: Finding[]; unknown: Package[] } {
  const unknown: Package[] = []
  const findings = packages.flatMap((entry): Finding[] => {
    const { name, version, licence, from } = entry
    const verdict = licence === undefined ? undefined : isAccepted(licence, policy)
    if (verdict === undefined) {
      unknown.push(entry)
      return []
    }
    if (verdict) return []
    const message = `${name} ${version} is under ${licence}, which is not accepted`
    return [{ rule: 'licence', level: 'error', message, path: from }]
  })
  return { findings, unknown }
}

const maxTokens = 100

function parseExpression(text: string): Expression | undefined {
  const tokens = text.match(/[()]|[A-Za-z0-9.+:-]+/g) ?? []
  if (tokens.length === 0 || tokens.length > maxTokens) return undefined
  if (tokens.join('') !== text.replace(/\s/g, '')) return undefined
  let at = 0
  const read = (join: 'OR' | 'AND'): Expression | undefined => {
    const parts: Expression[] = []
    do {
      const part = join === 'OR' ? read('AND') : single()
      if (!part) return undefined
      parts.push(part)
    } while (tokens[at]?.toUpperCase() === join && ++at)
    return parts.length === 1
      ? parts[0]
      : { kind: join === 'OR' ? ('any' as const) : ('all' as const), parts }
  }
  const single = (): Expression | undefined => {
    const token = tokens[at++]
    if (token === '(') {
      const inner = read('OR')
      return tokens[at++] === ')' ? inner : undefined
    }
    if (token === undefined || /^(OR|AND|WITH|\)|UNLICENSED|SEE|LICENSE|IN)$/i.test(token))
      return undefined
    if (tokens[at]?.toUpperCase() !== 'WITH') return { kind: 'licence', id: token }
    at += 2
    return { kind: 'licence', id: `${token} WITH ${tokens[at - 1] ?? ''}` }
  }
  const whole = read('OR')
  return at === tokens.length ? whole : undefined
}
