import type { McpParts } from './parts.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf, ownKey } from '../rpc/caller.ts'
import { complete } from './server-info.ts'
import type { Notification } from '../rpc/notifications.ts'
import { notificationOf, taskKey } from '../rpc/notifications.ts'
import type { RpcId, RpcRequest } from '../rpc/protocol.ts'
import { followFor } from './resources.ts'
import { RpcError, isObject, metaKey, notificationText, rpcCode } from '../rpc/protocol.ts'
import { findTask } from './tasks.ts'

type Filter = {
  toolsListChanged?: true
  promptsListChanged?: true
  resourcesListChanged?: true
  resourceSubscriptions?: string[]
  taskIds?: string[]
}

const maxFollowed = 1000

/**
 * Answers `subscriptions/listen` of the modern era: says first what it will tell, tells it, each
 * message under the request's id, and returns the closing result when the hub shuts down.
 */
export async function answerListen(
  hub: McpParts,
  request: RpcRequest & { id: RpcId },
  caller: Caller,
): Promise<string> {
  const asked = filterOf(request.params?.notifications)
  const tasks = tasksOf(hub, caller, asked)
  // What is not said back is not told: a task that ended long ago, or somebody else's.
  const { taskIds: _asked, ...others } = asked
  const filter: Filter =
    tasks.length > 0 ? { ...others, taskIds: tasks.map(({ taskId }) => taskId) } : others
  const mark = { [metaKey.subscriptionId]: request.id }
  const tell = (method: string, params: Record<string, unknown>) =>
    caller.send(notificationText(method, { ...params, _meta: mark }))
  const signal = caller.signal()
  const mine = ownKey(caller, clientOf(request, caller, true), true)
  const releases = await Promise.all(
    (filter.resourceSubscriptions ?? []).map((uri) => tryToFollow(hub, request, caller, uri)),
  )
  tell('notifications/subscriptions/acknowledged', { notifications: filter })
  for (const { link, own } of tasks) releases.push(link.followers.add('task', own))
  const names = new Map(tasks.map((task) => [taskKey(task.link.name, task.own), task.taskId]))
  const stop = hub.notifications.subscribe((notification) => {
    if ((notification.only ?? mine) !== mine) return
    if (notification.kind === 'task') {
      const taskId = names.get(taskKey(notification.server, notification.own))
      if (taskId !== undefined) tell('notifications/tasks', { ...notification.params, taskId })
      return
    }
    if (!accepts(filter, notification)) return
    const { method, params } = notificationOf(notification)
    tell(method, params)
  })
  if (Object.keys(filter).length > 0) await ended(signal, hub.closing)
  stop()
  for (const release of releases) release()
  return JSON.stringify({ ...complete, _meta: { ...complete._meta, ...mark } })
}

/** A resource that is not there now may be later; listening for it is no mistake. */
async function tryToFollow(
  hub: McpParts,
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
  const { toolsListChanged, promptsListChanged, resourcesListChanged } = value
  const uris = namesIn(value, 'resourceSubscriptions')
  const taskIds = namesIn(value, 'taskIds')
  return {
    ...(toolsListChanged === true ? { toolsListChanged } : {}),
    ...(promptsListChanged === true ? { promptsListChanged } : {}),
    ...(resourcesListChanged === true ? { resourcesListChanged } : {}),
    ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
    ...(taskIds.length > 0 ? { taskIds } : {}),
  }
}

function namesIn(value: Record<string, unknown>, field: keyof Filter): string[] {
  const names: unknown = value[field] ?? []
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw new RpcError(rpcCode.params, `${field} is a list of texts`)
  if (names.length > maxFollowed)
    throw new RpcError(rpcCode.params, `${field}: at most ${maxFollowed} can be followed at a time`)
  return names
}

/** The caller's own among the tasks it asks about. */
const tasksOf = (hub: McpParts, caller: Caller, { taskIds = [] }: Filter) =>
  taskIds.flatMap((taskId) => {
    const task = findTask(hub, caller, taskId)
    return task ? [{ taskId, ...task }] : []
  })

const accepts = (filter: Filter, notification: Exclude<Notification, { kind: 'task' }>): boolean =>
  notification.kind === 'updated'
    ? filter.resourceSubscriptions?.includes(notification.uri) === true
    : filter[`${notification.kind}ListChanged`] === true

function ended(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    }
  })
}
