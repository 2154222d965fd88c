import type { Hub } from '../hub.ts'
import type { Caller } from './caller.ts'
import { clientOf, ownKey } from './caller.ts'
import { complete } from './described.ts'
import type { Notice } from './notices.ts'
import { notificationOf } from './notices.ts'
import type { RpcId, RpcRequest } from './protocol.ts'
import { followFor } from './resources.ts'
import { RpcError, isObject, metaKey, notificationText, rpcCode } from './protocol.ts'

type Filter = {
  toolsListChanged?: true
  promptsListChanged?: true
  resourcesListChanged?: true
  resourceSubscriptions?: string[]
}

const maxFollowed = 1000

/**
 * Answers `subscriptions/listen` of the modern era: says first what it will tell, tells it, each
 * message under the request's id, and returns the closing result when the hub shuts down.
 */
export async function answerListen(
  hub: Hub,
  request: RpcRequest & { id: RpcId },
  caller: Caller,
): Promise<string> {
  const filter = filterOf(request.params?.notifications)
  const mark = { [metaKey.subscriptionId]: request.id }
  const tell = (method: string, params: Record<string, unknown>) =>
    caller.send(notificationText(method, { ...params, _meta: mark }))
  const signal = caller.signal()
  const mine = ownKey(caller, clientOf(request, caller, true), true)
  const releases = await Promise.all(
    (filter.resourceSubscriptions ?? []).map((uri) => tryToFollow(hub, request, caller, uri)),
  )
  tell('notifications/subscriptions/acknowledged', { notifications: filter })
  const stop = hub.notices.subscribe((notice) => {
    if (!accepts(filter, notice) || (notice.only ?? mine) !== mine) return
    const { method, params } = notificationOf(notice)
    tell(method, params)
  })
  if (Object.keys(filter).length > 0) await ended(signal, hub.closing)
  stop()
  for (const release of releases) release()
  return JSON.stringify({ ...complete, _meta: { ...complete._meta, ...mark } })
}

/** A resource that is not there now may be later; listening for it is no mistake. */
async function tryToFollow(
  hub: Hub,
  request: RpcRequest,
  caller: Caller,
  uri: string,
): Promise<() => void> {
  try {
    return await followFor(hub, request, caller, true, uri)
  } catch (error) {
    if (error instanceof RpcError) return () => undefined
    throw error
  }
}

function filterOf(value: unknown): Filter {
  if (!isObject(value))
    throw new RpcError(rpcCode.params, 'subscriptions/listen needs `notifications`')
  const { toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions } =
    value
  const uris: unknown = resourceSubscriptions ?? []
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string'))
    throw new RpcError(rpcCode.params, 'resourceSubscriptions is a list of addresses')
  if (uris.length > maxFollowed)
    throw new RpcError(rpcCode.params, `at most ${maxFollowed} resources can be followed at a time`)
  return {
    ...(toolsListChanged === true ? { toolsListChanged } : {}),
    ...(promptsListChanged === true ? { promptsListChanged } : {}),
    ...(resourcesListChanged === true ? { resourcesListChanged } : {}),
    ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
  }
}

const accepts = (filter: Filter, notice: Notice): boolean =>
  notice.kind === 'updated'
    ? filter.resourceSubscriptions?.includes(notice.uri) === true
    : filter[`${notice.kind}ListChanged`] === true

function ended(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    }
  })
}
