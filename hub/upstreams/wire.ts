import type { Params, RpcId } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'
import type { WireMessage } from './channel.ts'

/** A request of ours as text, in one line: pretty-printed JSON is legal inside, but no line break is. */
export const requestText = (id: number, method: string, params: string): string =>
  `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${oneLine(params)}}`

/** Line breaks cannot stand inside JSON strings, so all that are found are space between tokens. */
const oneLine = (json: string): string =>
  json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]+/g, ' ') : json

export type Read = { message: WireMessage; raw: string | undefined }

const head = /^\{"jsonrpc":"2\.0","id":(\d+),"result":/
const tail = /,"jsonrpc":"2\.0","id":(\d+)\}$/

/**
 * One message. Where it is a result in one of the two spellings that servers use, the result's own
 * text comes along, and is checked by being parsed alone: nothing else can hide behind it.
 */
export function readMessage(text: string): Read | undefined {
  const cut = cutResult(text)
  try {
    if (cut) {
      const result: unknown = JSON.parse(cut.raw)
      if (isObject(result)) return { message: { id: cut.id, result }, raw: oneLine(cut.raw).trim() }
    }
  } catch {
    // Something stands behind the result; read as a whole below.
  }
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { message: value, raw: undefined } : undefined // Read field by field.
  } catch {
    return undefined
  }
}

function cutResult(text: string): { id: number; raw: string } | undefined {
  if (text.startsWith('{"jsonrpc"')) {
    const found = head.exec(text)
    return found ? { id: Number(found[1]), raw: text.slice(found[0].length, -1) } : undefined
  }
  if (!text.startsWith('{"result":')) return undefined
  const found = tail.exec(text.slice(-60))
  return found
    ? { id: Number(found[1]), raw: text.slice('{"result":'.length, text.length - found[0].length) }
    : undefined
}

/** Whether it answers a request in JSON-RPC; a gateway's own words about an error do not. */
export const isReply = ({ result, error }: WireMessage): boolean =>
  result !== undefined || (isObject(error) && typeof error.code === 'number')

/** The reply as a value, or the upstream's own error, code and data. */
export function replyOf({ message, raw }: Read, method: string): Reply {
  const { result, error } = message
  if (isObject(error) && typeof error.code === 'number')
    throw new RpcError(error.code, error.message, error.data, true)
  if (isObject(result)) return { result, raw }
  throw new HubError('unavailable', `the upstream answered ${method} with no result`)
}

/** What an upstream is told when it asked: the answer, or why there is none. */
export async function answerTo(
  id: RpcId,
  ask: () => Promise<unknown>,
): Promise<{ id: RpcId; result: unknown } | { id: RpcId; error: object }> {
  try {
    return { id, result: await ask() }
  } catch (error) {
    const { code, message, data } =
      error instanceof RpcError
        ? error
        : {
            code: rpcCode.internal,
            message: error instanceof Error ? error.message : String(error),
            data: undefined,
          }
    return { id, error: { code, message, ...(data === undefined ? {} : { data }) } }
  }
}

export const asParams = (value: unknown): Params => (isObject(value) ? value : {})
