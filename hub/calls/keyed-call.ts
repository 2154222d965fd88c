import { isObject } from '../rpc/protocol.ts'
import type { Call } from './call.ts'
import type { Registry } from './registry.ts'

type Tools = Pick<Registry, 'get'>

/** Whether a call may be sent again under one key, and does what it does once. */
export const takesKey = (
  tools: Tools,
  { name, upstream }: { name: string; upstream?: string | undefined },
): boolean => upstream === undefined && tools.get(name)?.hasKey === true

/** A call under a key of its approval, so that it can be made again where the hub ended in its course. */
export function keyedCall(tools: Tools, call: Call): Call {
  const { args, requestId } = call
  if (!takesKey(tools, call) || !isObject(args)) return call
  return { ...call, args: { idempotency_key: `approval:${requestId}`, ...args } }
}
