import { resultText } from '../rpc/reply.ts'
import type { McpParts } from './parts.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf } from '../rpc/caller.ts'
import { discovered, initialized, linksOf } from './server-info.ts'
import { answerListen } from './listen.ts'
import { answerList, isListMethod } from './list-methods.ts'
import { answerCompletion, answerPrompt } from './prompts.ts'
import type { RpcId, RpcRequest } from '../rpc/protocol.ts'
import { RpcError, errorReply, isObject, metaKey, modernVersion, rpcCode } from '../rpc/protocol.ts'
import { answerAboutResource, answerResource, answerSubscription } from './resources.ts'
import { answerSkills, isSkillMethod } from './skills.ts'
import { answerTask, isTaskMethod } from './tasks.ts'
import { answerToolCall } from './tool-calls.ts'

type Request = RpcRequest & { id: RpcId }

/** Answers one request of either era as text, ready to send; transports only carry it. */
export class Router {
  readonly #hub: McpParts

  constructor(hub: McpParts) {
    this.#hub = hub
  }

  /** `modern` as the transport saw it: by the request itself, or by its headers. */
  async answer(
    request: Request,
    caller: Caller,
    modern: boolean,
  ): Promise<{ text: string; error?: RpcError }> {
    try {
      if (modern) checkEnvelope(request)
      const result = await this.#result(request, caller, modern)
      return { text: `{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":${result}}` }
    } catch (thrown) {
      const error = this.#asRpcError(thrown, request.method)
      return { text: errorReply(request.id, error), error }
    }
  }

  #result(request: Request, caller: Caller, modern: boolean): Promise<string> | string {
    const hub = this.#hub
    const { method } = request
    if (method === 'tools/call') return answerToolCall(hub, request, caller, modern)
    if (isListMethod(method)) return answerList(hub, request, caller, modern)
    if (method === 'resources/read') return answerResource(hub, request, caller, modern)
    if (method === 'prompts/get') return answerPrompt(hub, request, caller, modern)
    if (method === 'completion/complete') return answerCompletion(hub, request, caller, modern)
    if (isTaskMethod(method, modern)) return answerTask(hub, request, caller, modern)
    if (isSkillMethod(method)) return answerSkills(hub, request, caller, modern)
    if (method === 'resources/directory/read')
      return answerAboutResource(hub, request, caller, modern)
    return (
      (modern ? this.#modern(request, caller) : this.#legacy(request, caller)) ??
      this.#unknown(request, caller, modern)
    )
  }

  /** Methods that only the modern era has. */
  #modern(request: Request, caller: Caller): Promise<string> | string | undefined {
    const { principal, view } = caller
    if (request.method === 'server/discover') return discovered(this.#hub, principal, view)
    if (request.method === 'subscriptions/listen') return answerListen(this.#hub, request, caller)
    return undefined
  }

  /** Methods that only the old era has. */
  #legacy(request: Request, caller: Caller): Promise<string> | string | undefined {
    const { principal, view, session } = caller
    const { method, params = {} } = request
    if (method === 'initialize')
      return initialized(this.#hub, principal, view, params.protocolVersion)
    if (method === 'ping') return '{}'
    if (method === 'logging/setLevel') {
      if (typeof params.level !== 'string')
        throw new RpcError(rpcCode.params, 'logging/setLevel needs `level`')
      if (session) {
        session.client = { ...session.client, logLevel: params.level }
        this.#hub.upstreams.tell(session.id, 'request', method, { level: params.level })
      }
      return '{}'
    }
    if (method === 'resources/subscribe' || method === 'resources/unsubscribe')
      return answerSubscription(this.#hub, request, caller)
    return undefined
  }

  /** An address that serves one upstream passes on what the hub does not know. */
  async #unknown(request: Request, caller: Caller, modern: boolean): Promise<string> {
    const { method, params = {} } = request
    const isForeign = caller.view.server !== undefined && !reserved.test(method)
    const [link] = isForeign ? linksOf(this.#hub, caller.principal, caller.view) : []
    if (!link) throw unsupported(method)
    const client = clientOf(request, caller, modern)
    const reply = await this.#hub.calls.relay(link, method, {
      method,
      params,
      caller,
      client,
      modern,
    })
    return resultText(reply, modern)
  }

  #asRpcError(thrown: unknown, method: string): RpcError {
    if (thrown instanceof RpcError) return thrown
    if (thrown instanceof HubError) {
      const hint = thrown.hint ? `. ${thrown.hint}` : ''
      const data = { code: thrown.code, ...(thrown.details ? { details: thrown.details } : {}) }
      return new RpcError(rpcCode.internal, `${thrown.message}${hint}`, data, true)
    }
    this.#hub.log.error({ error: thrown, method }, 'a request failed unexpectedly')
    return new RpcError(rpcCode.internal, 'the request failed inside the hub')
  }
}

/** Methods of the protocol itself are the hub's to answer. */
const reserved =
  /^(initialize|ping|server\/|subscriptions\/|logging\/|tasks\/|roots\/|sampling\/|elicitation\/|notifications\/)/

export const isModern = ({ method, params }: RpcRequest): boolean =>
  method === 'server/discover' || (isObject(params?._meta) && metaKey.version in params._meta)

function checkEnvelope({ params }: RpcRequest): void {
  const meta = isObject(params?._meta) ? params._meta : {}
  const version = meta[metaKey.version]
  if (typeof version !== 'string')
    throw new RpcError(rpcCode.params, `_meta needs ${metaKey.version}`)
  if (version !== modernVersion) {
    throw new RpcError(
      rpcCode.version,
      `protocol version ${JSON.stringify(version)} is not supported`,
      { supported: [modernVersion], requested: version },
    )
  }
  if (!isObject(meta[metaKey.capabilities]))
    throw new RpcError(rpcCode.params, `_meta needs ${metaKey.capabilities}`)
}

const unsupported = (method: string) =>
  new RpcError(rpcCode.method, `the method ${JSON.stringify(method.slice(0, 80))} is not supported`)
