import type { Reply } from '../rpc/reply.ts'
import { resultText } from '../rpc/reply.ts'
import type { McpParts } from './parts.ts'
import { ModernOnly } from '../upstreams/opener.ts'
import { ownWay } from '../upstreams/pairing.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf } from '../rpc/caller.ts'
import { completeText, linksOf } from './server-info.ts'
import { encodeHeader } from '../rpc/headers.ts'
import { offersOf } from './list-methods.ts'
import { answerScheme } from './answers.ts'
import { isOwnApp, readOwnApp } from './own-apps.ts'
import { isOwnAddress, readOwnResource } from './own-resources.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { RpcError, rpcCode } from '../rpc/protocol.ts'

/** Results of `resources/read` say how long they may be kept; where an upstream did not, not at all. */
const notKept = { ttlMs: 0, cacheScope: 'private' }

/** Answers `resources/read`. */
export async function answerResource(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const uri = uriOf(request)
  if (isOwnAddress(uri) && isShown(uri, caller)) {
    const contents = isOwnApp(uri)
      ? JSON.stringify(await readOwnApp(uri))
      : JSON.stringify(await readOwnResource(hub, caller.principal, uri))
    const lead = modern ? `${completeText},"ttlMs":0,"cacheScope":"private",` : ''
    return `{${lead}"contents":${contents}}`
  }
  try {
    const reply = await passToOwner(hub, request, caller, modern, uri)
    return resultText(reply, modern, notKept)
  } catch (error) {
    const isOldCode = error instanceof RpcError && error.code === rpcCode.resourceNotFound
    if (!modern || !isOldCode) throw error
    throw new RpcError(rpcCode.params, error.message, error.data ?? { uri }, true)
  }
}

/** An address of one server alone shows nothing of the hub's, but for the rest of that server's own answers. */
const isShown = (uri: string, { view }: Caller): boolean =>
  view.server === undefined || uri.startsWith(answerScheme)

/** Answers methods about a resource that the hub need not understand, such as those of extensions. */
export async function answerAboutResource(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const reply = await passToOwner(hub, request, caller, modern, uriOf(request))
  return resultText(reply, modern, notKept)
}

/** Answers `resources/subscribe` and `resources/unsubscribe` of the old era. */
export async function answerSubscription(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
): Promise<string> {
  const uri = uriOf(request)
  const { session } = caller
  if (!session) throw new RpcError(rpcCode.request, 'subscriptions need a session')
  const stop = session.followed.get(uri)
  if (request.method === 'resources/unsubscribe') {
    stop?.()
    session.followed.delete(uri)
  } else if (!stop) session.followed.set(uri, await followFor(hub, request, caller, false, uri))
  return '{}'
}

/**
 * Follows a resource until the returned function is called: on the client's own connection where it has
 * one, since a server may keep for each client what it tells it about.
 */
export async function followFor(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
  uri: string,
): Promise<() => void> {
  const client = clientOf(request, caller, modern)
  // Who may not read it may not know when it changes either.
  if (isOwnAddress(uri) && isShown(uri, caller)) {
    if (isOwnApp(uri)) return () => undefined // It changes with the version alone.
    await readOwnResource(hub, caller.principal, uri)
    return hub.subscriptions.follow(uri)
  }
  const reachable = linksOf(hub, caller.principal, caller.view)
  const [link] = hub.upstreams
    .ownersOf(uri, caller.view.server)
    .filter((owner) => reachable.includes(owner))
  if (!link) throw new RpcError(rpcCode.params, `there is no resource ${uri}`, { uri })
  const way = await ownWay(link, { caller, client, modern })
  if (!way) return hub.subscriptions.follow(uri)
  const call = { timeoutMs: link.config.timeoutMs, client }
  try {
    await link.request('resources/subscribe', { uri }, call, way)
  } catch (error) {
    if (error instanceof ModernOnly) return hub.subscriptions.follow(uri)
    throw error
  }
  return () => {
    const ended = link.own.peek(way.key)?.request('resources/unsubscribe', { uri }, call)
    ended?.catch(() => undefined) // Gone, and with it the subscription.
  }
}

/** Asks the servers that may have the resource, in turn, until one does. */
async function passToOwner(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
  uri: string,
): Promise<Reply> {
  const { method, params = {} } = request
  const { principal, view } = caller
  const reachable = linksOf(hub, principal, view)
  const relayed = {
    method,
    params,
    caller,
    client: clientOf(request, caller, modern),
    modern,
    headers: { 'mcp-name': encodeHeader(uri) },
  }
  const offers = offersOf(hub, request, caller, modern)
  const owners = hub.upstreams
    .ownersOf(uri, view.server, offers)
    .filter((link) => reachable.includes(link))
  for (const [index, link] of owners.entries()) {
    try {
      return await hub.calls.relay(link, method, relayed)
    } catch (error) {
      const isMissing = error instanceof RpcError && missing.includes(error.code)
      if (!isMissing || index === owners.length - 1) throw error
    }
  }
  const code = modern ? rpcCode.params : rpcCode.resourceNotFound
  throw new RpcError(code, `there is no resource ${JSON.stringify(uri.slice(0, 500))}`, { uri })
}

const missing: number[] = [rpcCode.params, rpcCode.resourceNotFound]

function uriOf({ method, params }: RpcRequest): string {
  const uri = params?.uri
  if (typeof uri === 'string' && uri.length <= 8000) return uri
  throw new RpcError(rpcCode.params, `${method} needs \`uri\``)
}
