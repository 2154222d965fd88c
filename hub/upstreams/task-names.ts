import type { Params } from '../rpc/protocol.ts'
import { createHmac } from 'node:crypto'
import { isObject, metaKey } from '../rpc/protocol.ts'

/** A change of a task, as the modern era and the old one say it. */
export const isTaskNotification = (method: string): boolean =>
  method === 'notifications/tasks' || method === 'notifications/tasks/status'

/** What a task of an upstream is called here, given its own id. */
export type TaskName = (own: string) => string

/**
 * The id of an upstream's task as one principal knows it: whose it is and for whom stand in the id itself,
 * signed, so a restart of the hub forgets none and nobody else can use it.
 */
export function taskName(key: Buffer, server: string, principal: string, own: string): string {
  const signature = createHmac('sha256', key)
    .update(JSON.stringify([server, principal, own]))
    .digest('base64url')
  return `${server}.${signature.slice(0, 22)}.${own}`
}

/** The server and its own id in such a name; whether it is genuine is for `taskName` to say. */
export function taskNameParts(name: string): { server: string; own: string } {
  const [server = '', , ...rest] = name.split('.')
  return { server, own: rest.join('.') }
}

/** An answer about a task of a server, under the name it has here. */
export function withTaskName(result: Params, nameOf: TaskName): Params {
  const { taskId, task } = result
  const about = withRelatedTask(result, nameOf)
  if (typeof taskId === 'string') return { ...about, taskId: nameOf(taskId) }
  if (isObject(task) && typeof task.taskId === 'string')
    return { ...about, task: { ...task, taskId: nameOf(task.taskId) } }
  return about
}

/** What a server says in the course of a task; other ids in it may be those of the client's own tasks. */
export function withRelatedTask(said: Params, nameOf: TaskName): Params {
  const meta = said._meta
  const related = isObject(meta) ? meta[metaKey.relatedTask] : undefined
  if (!isObject(meta) || !isObject(related) || typeof related.taskId !== 'string') return said
  const taskId = nameOf(related.taskId)
  return { ...said, _meta: { ...meta, [metaKey.relatedTask]: { ...related, taskId } } }
}
