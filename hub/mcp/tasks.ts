import { createHmac } from 'node:crypto'
import type { Hub } from '../hub.ts'
import type { Reply } from '../upstreams/channel.ts'
import { relay, resultText } from '../upstreams/relay.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import type { Caller } from './caller.ts'
import { clientOf } from './caller.ts'
import { encodeHeader } from './headers.ts'
import type { RpcRequest } from './protocol.ts'
import { RpcError, isObject, rpcCode } from './protocol.ts'

const modernMethods = ['tasks/get', 'tasks/update', 'tasks/cancel']
const legacyMethods = ['tasks/get', 'tasks/result', 'tasks/cancel']

export const isTaskMethod = (method: string, modern: boolean): boolean =>
  (modern ? modernMethods : legacyMethods).includes(method)

/**
 * An answer that began a task of the upstream, with the task's id as it is known here: whose it is and
 * for whom stand in the id itself, signed, so a restart of the hub forgets none and nobody else can
 * use it.
 */
export function withTask(hub: Hub, link: UpstreamLink, caller: Caller, reply: Reply): Reply {
  const { taskId, task } = reply.result
  if (typeof taskId === 'string') {
    const id = publicId(hub, link.name, caller, taskId)
    return { result: { ...reply.result, taskId: id }, raw: undefined }
  }
  if (isObject(task) && typeof task.taskId === 'string') {
    const id = publicId(hub, link.name, caller, task.taskId)
    return { result: { ...reply.result, task: { ...task, taskId: id } }, raw: undefined }
  }
  return reply
}

/** Answers `tasks/get` and its like: the server that has the task does. */
export async function answerTask(
  hub: Hub,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const params = request.params ?? {}
  const client = clientOf(request, caller, modern)
  if (modern && !speaksTasks(client.capabilities)) throw needsTasks()
  const { link, own } = find(hub, caller, params.taskId)
  const reply = await relay(hub, link, request.method, {
    method: request.method,
    params: { ...params, taskId: own },
    caller,
    client,
    modern,
    headers: { 'mcp-name': encodeHeader(own) },
  })
  return resultText(withTask(hub, link, caller, reply), modern)
}

const extension = 'io.modelcontextprotocol/tasks'

const speaksTasks = ({ extensions }: Record<string, unknown>): boolean =>
  isObject(extensions) && extension in extensions

const needsTasks = () =>
  new RpcError(rpcCode.capability, 'this needs a client that declares the tasks extension', {
    requiredCapabilities: { extensions: { [extension]: {} } },
  })

function find(hub: Hub, caller: Caller, id: unknown): { link: UpstreamLink; own: string } {
  if (typeof id === 'string') {
    const [server = '', , ...rest] = id.split('.')
    const own = rest.join('.')
    const link = hub.upstreams.link(server)
    if (link && publicId(hub, server, caller, own) === id) return { link, own }
  }
  throw new RpcError(rpcCode.params, 'there is no such task', { taskId: id ?? null })
}

function publicId(hub: Hub, server: string, { principal }: Caller, own: string): string {
  const signature = createHmac('sha256', hub.key)
    .update(JSON.stringify([server, principal.id, own]))
    .digest('base64url')
  return `${server}.${signature.slice(0, 22)}.${own}`
}
