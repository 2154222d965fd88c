import { createHmac } from 'node:crypto'
import { isObject, metaKey } from '../mcp/protocol.ts'

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

/** What a server says with its task's id in it, or with a word about the task it belongs to. */
export function withTaskName<T extends Record<string, unknown>>(said: T, nameOf: TaskName): T {
  const { taskId, task, _meta: meta } = said
  const related = isObject(meta) ? meta[metaKey.relatedTask] : undefined
  const about = isObject(related) ? related.taskId : undefined
  const begun = isObject(task) ? task.taskId : undefined
  if (typeof taskId !== 'string' && typeof begun !== 'string' && typeof about !== 'string')
    return said
  return {
    ...said,
    ...(typeof taskId === 'string' ? { taskId: nameOf(taskId) } : {}),
    ...(typeof begun === 'string' ? { task: { ...(task as object), taskId: nameOf(begun) } } : {}), // It is one, see above.
    ...(typeof about === 'string'
      ? { _meta: { ...(meta as object), [metaKey.relatedTask]: { taskId: nameOf(about) } } } // As above.
      : {}),
  }
}
