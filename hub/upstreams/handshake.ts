import type { Identity, Params } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'
import { manifest } from '../../servers/kit/code-root.ts'
import { RpcError, isObject, legacyVersions, modernVersion, rpcCode } from '../rpc/protocol.ts'
import type { Channel, Pending } from './channel.ts'
import { UpstreamEnded } from './channel.ts'
import type { Handshake } from './connection.ts'
import { envelope } from './connection.ts'
import { Deadline } from './deadline.ts'
import { AccessRefused } from './refused.ts'
import { SignInNeeded } from './sign-in/sign-in.ts'

/** The era an upstream is known to speak; a server that dies of an unknown request is not asked again. */
export type Era = 'unknown' | 'legacy'

const probeMs = 5000
const answerMs = 60_000

export const tasksExtension = 'io.modelcontextprotocol/tasks'

/** The hub as a client by itself. It lists for everybody, so it says everything that can be relayed. */
export const hubIdentity: Identity = {
  info: { name: 'switchyard', version: manifest.version },
  capabilities: {
    elicitation: { form: {}, url: {} },
    sampling: {},
    roots: { listChanged: true },
    extensions: {
      'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] },
      [tasksExtension]: {},
    },
  },
}

/**
 * Asks in the modern era first; whatever the refusal, the old handshake follows on the same channel. A
 * server that is silent may be slow to start, or old and ignore what it does not know: it is then asked
 * in both eras, and what it answers first counts.
 */
export async function performHandshake(
  channel: Channel,
  identity: Identity,
  era: Era,
): Promise<Handshake> {
  const stop = new AbortController()
  const begin = () => initialize(channel, identity, stop.signal)
  if (era === 'legacy') return agree(channel, identity, await begin())
  const modern = discover(channel, identity, stop.signal)
  const early = await withoutSilence(modern, probeMs)
  if (early === undefined) return agree(channel, identity, await begin())
  if (early !== 'silent') return early
  const known = modern.then((found) => found ?? Promise.reject(new Error('not of the modern era')))
  const first = await Promise.any([known, begin()]).catch(({ errors }: AggregateError) => {
    throw errors[1]
  })
  stop.abort(new HubError('canceled', 'the upstream has answered in the other era'))
  if (!('modern' in first)) return agree(channel, identity, first)
  channel.protocol = modernVersion
  return first
}

async function withoutSilence<T>(answer: Promise<T>, ms: number): Promise<T | 'silent'> {
  const silence = Promise.withResolvers<'silent'>()
  const timer = setTimeout(() => silence.resolve('silent'), ms)
  try {
    return await Promise.race([answer, silence.promise])
  } finally {
    clearTimeout(timer)
  }
}

function initialize(channel: Channel, identity: Identity, signal: AbortSignal): Promise<Reply> {
  channel.protocol = undefined
  const hello = {
    protocolVersion: legacyVersions[0],
    capabilities: identity.capabilities,
    clientInfo: identity.info,
  }
  return ask(channel, 'initialize', hello, signal)
}

/** The second half of the old handshake. */
async function agree(channel: Channel, identity: Identity, { result }: Reply): Promise<Handshake> {
  const version = typeof result.protocolVersion === 'string' ? result.protocolVersion : undefined
  channel.protocol = version
  await channel.notify('notifications/initialized', {})
  channel.listen?.()
  const handshake = {
    modern: false,
    version: version ?? 'unknown',
    ...described(result),
    info: object(result.serverInfo),
  }
  if (identity.logLevel !== undefined && isObject(handshake.capabilities.logging))
    await ask(channel, 'logging/setLevel', { level: identity.logLevel })
  return handshake
}

async function discover(
  channel: Channel,
  identity: Identity,
  signal: AbortSignal,
  isSecondTry = false,
): Promise<Handshake | undefined> {
  channel.protocol = modernVersion
  try {
    const params = { _meta: envelope(identity) }
    const { result } = await ask(channel, 'server/discover', params, signal)
    if (!Array.isArray(result.supportedVersions)) return undefined
    if (!result.supportedVersions.includes(modernVersion)) return undefined
    const info = object(object(result._meta)['io.modelcontextprotocol/serverInfo'])
    return { modern: true, version: modernVersion, ...described(result), info }
  } catch (error) {
    if (isFinal(error)) throw error
    // A server of the modern era names what it speaks; ours may be among it after all.
    const offered = error instanceof RpcError && error.code === rpcCode.version ? error.data : null
    const supported = isObject(offered) && Array.isArray(offered.supported) ? offered.supported : []
    if (supported.includes(modernVersion) && !isSecondTry)
      return discover(channel, identity, signal, true)
    return undefined
  }
}

/** What the older handshake would end with as well. */
const isFinal = (error: unknown): boolean =>
  error instanceof UpstreamEnded ||
  error instanceof SignInNeeded ||
  (error instanceof AccessRefused && error.status === 401)

async function ask(
  channel: Channel,
  method: string,
  params: Params,
  signal?: AbortSignal,
): Promise<Reply> {
  const pending: Pending = channel.request(method, JSON.stringify(params), {})
  const late = new HubError(
    'unavailable',
    `the upstream did not answer ${method} within ${answerMs} ms`,
  )
  const deadline = new Deadline(answerMs, () => pending.cancel(late))
  const leave = () => pending.cancel(signal?.reason as HubError) // As performHandshake gives it.
  signal?.addEventListener('abort', leave, { once: true })
  try {
    return await pending.reply
  } finally {
    deadline.end()
    signal?.removeEventListener('abort', leave)
  }
}

const described = (result: Params) => ({
  capabilities: object(result.capabilities),
  instructions: typeof result.instructions === 'string' ? result.instructions : undefined,
})

const object = (value: unknown): Params => (isObject(value) ? value : {})
