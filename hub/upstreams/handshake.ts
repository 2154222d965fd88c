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
import { SignInNeeded } from './sign-in/sign-in.ts'

/** The era an upstream is known to speak; a server that dies of an unknown request is not asked again. */
export type Era = 'unknown' | 'legacy'

const probeMs = 5000
const initializeMs = 60_000

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

/** Asks in the modern era first; whatever the refusal, the old handshake follows on the same channel. */
export async function performHandshake(
  channel: Channel,
  identity: Identity,
  era: Era,
): Promise<Handshake> {
  if (era === 'unknown') {
    const found = await discover(channel, identity)
    if (found) return found
  }
  channel.protocol = undefined
  const hello = {
    protocolVersion: legacyVersions[0],
    capabilities: identity.capabilities,
    clientInfo: identity.info,
  }
  const { result } = await timed(channel, 'initialize', hello, initializeMs)
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
    await timed(channel, 'logging/setLevel', { level: identity.logLevel }, initializeMs)
  return handshake
}

async function discover(
  channel: Channel,
  identity: Identity,
  isSecondTry = false,
): Promise<Handshake | undefined> {
  channel.protocol = modernVersion
  try {
    const params = { _meta: envelope(identity) }
    const { result } = await timed(channel, 'server/discover', params, probeMs)
    if (!Array.isArray(result.supportedVersions)) return undefined
    if (!result.supportedVersions.includes(modernVersion)) return undefined
    const info = object(object(result._meta)['io.modelcontextprotocol/serverInfo'])
    return { modern: true, version: modernVersion, ...described(result), info }
  } catch (error) {
    if (error instanceof UpstreamEnded || error instanceof SignInNeeded) throw error
    // A server of the modern era names what it speaks; ours may be among it after all.
    const offered = error instanceof RpcError && error.code === rpcCode.version ? error.data : null
    const supported = isObject(offered) && Array.isArray(offered.supported) ? offered.supported : []
    if (supported.includes(modernVersion) && !isSecondTry) return discover(channel, identity, true)
    return undefined
  }
}

async function timed(channel: Channel, method: string, params: Params, ms: number): Promise<Reply> {
  const pending: Pending = channel.request(method, JSON.stringify(params), {})
  const late = new HubError('unavailable', `the upstream did not answer ${method} within ${ms} ms`)
  const deadline = new Deadline(ms, () => pending.cancel(late))
  try {
    return await pending.reply
  } finally {
    deadline.end()
  }
}

const described = (result: Params) => ({
  capabilities: object(result.capabilities),
  instructions: typeof result.instructions === 'string' ? result.instructions : undefined,
})

const object = (value: unknown): Params => (isObject(value) ? value : {})
