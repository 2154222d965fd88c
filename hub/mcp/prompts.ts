import { resultText } from '../rpc/reply.ts'
import type { McpParts } from './parts.ts'
import type { Offers } from '../upstreams/offers.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf } from '../rpc/caller.ts'
import { completeText } from './server-info.ts'
import { encodeHeader } from '../rpc/headers.ts'
import { offersOf } from './list-methods.ts'
import { getOwnPrompt, isOwnPrompt } from './own-prompts.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'

/** Answers `prompts/get`: the hub's own, or an upstream's under the name it has here. */
export async function answerPrompt(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const params = request.params ?? {}
  const { name } = params
  if (typeof name !== 'string') throw new RpcError(rpcCode.params, 'prompts/get needs `name`')
  const own = getOwnPrompt(name, params.arguments)
  if (own) {
    const text = JSON.stringify(own)
    return modern ? `{${completeText},${text.slice(1)}` : text
  }
  const served = findPrompt(offersOf(hub, request, caller, modern), caller, name)
  const reply = await hub.calls.relay(served.link, name, {
    method: 'prompts/get',
    params: { ...params, name: served.own },
    caller,
    client: clientOf(request, caller, modern),
    modern,
    rawArguments: caller.rawArguments,
    headers: { 'mcp-name': encodeHeader(served.own) },
  })
  return resultText(reply, modern)
}

/** Answers `completion/complete`: whoever has the prompt or the template knows its values. */
export async function answerCompletion(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const params = request.params ?? {}
  const { ref } = params
  if (!isObject(ref)) throw new RpcError(rpcCode.params, 'completion/complete needs `ref`')
  const target = completionTarget(hub, offersOf(hub, request, caller, modern), caller, ref)
  if (!target) {
    const none = '"completion":{"values":[],"total":0,"hasMore":false}'
    return modern ? `{${completeText},${none}}` : `{${none}}`
  }
  const { ref: _ref, ...rest } = params
  const reply = await hub.calls.relay(target.link, 'completion/complete', {
    method: 'completion/complete',
    params: { ref: { ...ref, ...target.ref }, ...rest },
    caller,
    client: clientOf(request, caller, modern),
    modern,
  })
  return resultText(reply, modern)
}

/** Undefined for what is the hub's own, which suggests nothing. */
function completionTarget(
  hub: McpParts,
  offers: Offers,
  caller: Caller,
  ref: Record<string, unknown>,
) {
  if (ref.type === 'ref/prompt' && typeof ref.name === 'string') {
    if (isOwnPrompt(ref.name)) return undefined
    const { link, own } = findPrompt(offers, caller, ref.name)
    return { link, ref: { name: own } }
  }
  if (ref.type === 'ref/resource' && typeof ref.uri === 'string') {
    const { uri } = ref
    const link =
      offers.templates.find(({ item }) => item.uriTemplate === uri)?.link ??
      hub.upstreams.ownersOf(uri, caller.view.server)[0]
    return link && { link, ref: {} }
  }
  throw new RpcError(rpcCode.params, '`ref` names neither a prompt nor a resource')
}

function findPrompt({ prompts }: Offers, { view }: Caller, name: string) {
  const found = prompts.get(name)
  if (found && (view.server === undefined || view.server === found.link.name)) return found
  // An address that serves one server takes its own names too.
  const same = [...prompts.values()].find(
    ({ own, link }) => own === name && link.name === view.server,
  )
  if (same) return same
  throw new RpcError(rpcCode.params, `there is no prompt ${JSON.stringify(name.slice(0, 128))}`)
}
