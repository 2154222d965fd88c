import { RpcError, rpcCode } from './protocol.ts'

const maxDepth = 64
const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [
  34, 92, 44, 123, 125, 91, 93,
]

/** What a message says, and the exact text of the part of it that the hub need not understand. */
export type Parsed = { value: unknown; rawArguments: string | undefined }

/**
 * JSON from outside. Two keys of the same name in one object are refused, because two readers could
 * take different ones (RFC 8259 §4 leaves it open), and so is nesting that only serves to exhaust.
 */
export function parseMessage(text: string): Parsed {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new RpcError(rpcCode.parse, 'the body is not JSON')
  }
  return { value, rawArguments: inspect(text) }
}

/** The same for a body that is no JSON-RPC message. Throws RpcError. */
export const parseStrictly = (text: string): unknown => parseMessage(text).value

/**
 * One pass over text that is known to be JSON. It returns the text of `params.arguments`: numbers
 * too large for a double, and their spelling, survive only in the text.
 */
function inspect(text: string): string | undefined {
  const keys: (string[] | Set<string> | undefined)[] = [] // A list per open object, undefined per array.
  const path: string[] = []
  let keyExpected = false
  let argumentsFrom = -1
  let rawArguments: string | undefined
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = endOfString(text, at)
      if (keyExpected) {
        keyExpected = false
        const depth = keys.length
        const key = readKey(text, at, end)
        keys[depth - 1] = withKey(keys[depth - 1] ?? [], key)
        if (depth <= 2) {
          path[depth - 1] = key
          if (depth === 2 && key === 'arguments' && path[0] === 'params')
            argumentsFrom = text.indexOf(':', end) + 1
        }
      }
      at = end
    } else if (code === openBrace || code === openBracket) {
      if (keys.length >= maxDepth)
        throw new RpcError(rpcCode.request, `the body is nested more than ${maxDepth} levels deep`)
      keyExpected = code === openBrace
      keys.push(keyExpected ? [] : undefined)
    } else if (code === closeBrace || code === closeBracket) {
      keyExpected = false
      keys.pop()
      if (argumentsFrom >= 0 && keys.length === 2) {
        rawArguments = text.slice(argumentsFrom, at + 1).trim()
        argumentsFrom = -1
      } else if (keys.length < 2) {
        argumentsFrom = -1 // It was no object.
      }
    } else if (code === comma) {
      keyExpected = keys.at(-1) !== undefined
      if (keys.length === 2) argumentsFrom = -1 // Its value was no object.
    }
  }
  return rawArguments
}

function withKey(known: string[] | Set<string>, key: string): string[] | Set<string> {
  if (Array.isArray(known)) {
    if (known.includes(key)) throw doubled(key)
    known.push(key)
    return known.length < 16 ? known : new Set(known)
  }
  if (known.has(key)) throw doubled(key)
  return known.add(key)
}

/** A key as every reader understands it: `"\u0061"` is `a`. */
function readKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw // A string, being quoted.
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++
  return slashes % 2 === 1
}

const doubled = (key: string) =>
  new RpcError(rpcCode.request, `the key ${JSON.stringify(key.slice(0, 60))} is there twice`)
