import { randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford's base 32: no i, l, o, u.

let lastAt = 0
let sequence = 0

/**
 * An id such as `task-1jb2m6k8h00-7k3q9`: sortable by creation within one process, unguessable
 * enough to collide never, short enough to type. Milliseconds, a counter, then 25 random bits.
 */
export function newId(prefix: string, now: number): string {
  sequence = now > lastAt ? 0 : sequence + 1
  lastAt = Math.max(now, lastAt)
  return `${prefix}-${base32(lastAt, 9)}${base32(sequence % 1024, 2)}-${randomBase32(5)}`
}

/** Below every id of this prefix that was made at an instant or later, and above all made earlier. */
export const leastId = (prefix: string, at: number): string =>
  `${prefix}-${base32(Math.max(0, Math.floor(at)), 9)}`

function base32(value: number, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return text
}

const randomBase32 = (length: number) =>
  Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % 32)).join('')
