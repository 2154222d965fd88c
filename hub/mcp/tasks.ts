import type { Reply } from '../rpc/reply.ts'
import { resultText } from '../rpc/reply.ts'
import type { McpParts } from './parts.ts'
import { tasksExtension } from '../upstreams/handshake.ts'
import { taskNameParts, withTaskName } from '../upstreams/task-names.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf } from '../rpc/caller.ts'
import { encodeHeader } from '../rpc/headers.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'

const modernMethods = ['tasks/get', 'tasks/update', 'tasks/cancel']
const legacyMethods = ['tasks/get', 'tasks/result', 'tasks/cancel']

export const isTaskMethod = (method: string, modern: boolean): boolean =>
  (modern ? modernMethods : legacyMethods).includes(method)

/** An answer about a task of the upstream, with the task's id as it is known here. */
export function withTask(link: UpstreamLink, { principal, session }: Caller, reply: Reply): Reply {
  const nameOf = (own: string) => {
    const name = link.taskName(principal.id, own)
    session?.followTask(link.name, own, name)
    return name
  }
  const result = withTaskName(reply.result, nameOf)
  return result === reply.result ? reply : { result, raw: undefined }
}

/** Answers `tasks/get` and its like: the server that has the task does. */
export async function answerTask(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const params = request.params ?? {}
  const client = clientOf(request, caller, modern)
  if (modern && !speaksTasks(client.capabilities)) throw needsTasks()
  const task = findTask(hub, caller, params.taskId)
  if (!task)
    throw new RpcError(rpcCode.params, 'there is no such task', { taskId: params.taskId ?? null })
  const { link, own } = task
  const reply = await hub.calls.relay(link, request.method, {
    method: request.method,
    params: { ...params, taskId: own },
    caller,
    client,
    modern,
    headers: { 'mcp-name': encodeHeader(own) },
  })
  return resultText(withTask(link, caller, reply), modern)
}

const speaksTasks = ({ extensions }: Record<string, unknown>): boolean =>
  isObject(extensions) && tasksExtension in extensions

const needsTasks = () =>
  new RpcError(rpcCode.capability, 'this needs a client that declares the tasks extension', {
    requiredCapabilities: { extensions: { [tasksExtension]: {} } },
  })

/** Whose task this is; none where it is nobody's, or somebody else's. */
export function findTask(
  hub: McpParts,
  { principal }: Caller,
  name: unknown,
): { link: UpstreamLink; own: string } | undefined {
  if (typeof name !== 'string') return undefined
  const { server, own } = taskNameParts(name)
  const link = hub.upstreams.link(server)
  return link?.taskName(principal.id, own) === name ? { link, own } : undefined
}
