import type { UpstreamConfig } from '../../schemas/upstream.ts'
import { HubError } from '../../schemas/errors.ts'
import { RpcError, legacyVersions, metaKey, modernVersion } from '../mcp/protocol.ts'
import { NotSent } from './channel.ts'
import type { Channel } from './channel.ts'
import type { ForeignTool } from './foreign-tool.ts'
import { isTool } from './foreign-tool.ts'
import { Limiter } from './limiter.ts'
import { resolveReferences } from './references.ts'
import { openStdio } from './stdio-channel.ts'

export type State = 'connecting' | 'ready' | 'degraded'

const probeMs = 5000
const maxPages = 200
const maxTools = 5000
const clientInfo = { name: 'switchyard', version: '0.1.0' }
const ownMeta = {
  [metaKey.version]: modernVersion,
  [metaKey.capabilities]: {},
  'io.modelcontextprotocol/clientInfo': clientInfo,
}

/** Environment variable that child processes carry, with the data directory of their hub. */
export const marker = 'SWITCHYARD_UPSTREAM'

type Surroundings = {
  onTools(): void
  environment: Record<string, string | undefined>
  mark: string
}

/**
 * One third-party server: connects when needed, in whichever era it speaks, keeps the last good list
 * of its tools, and comes back by itself with growing pauses. Nothing here touches another upstream.
 */
export class UpstreamLink {
  readonly name: string
  readonly config: UpstreamConfig
  tools: ForeignTool[] = []
  state: State = 'connecting'
  reason: string | undefined
  calls = 0
  failures = 0
  #channel: Promise<Channel> | undefined
  #opened: Channel | undefined
  #modern = false
  #oldOnly = false
  readonly #limiter: Limiter
  #retryMs = 250
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  readonly #around: Surroundings

  constructor(name: string, config: UpstreamConfig, surroundings: Surroundings) {
    this.name = name
    this.config = config
    this.#limiter = new Limiter(config.concurrency)
    this.#around = surroundings
  }

  get protocol(): string | undefined {
    return this.state === 'ready' ? (this.#modern ? modernVersion : legacyVersions[0]) : undefined
  }

  /** Connects and lists; resolves when that worked or failed. Failing is a state, not an error. */
  async refresh(): Promise<void> {
    try {
      const channel = await this.#connect()
      this.tools = await this.#list(channel)
      this.state = 'ready'
      this.reason = undefined
      this.#retryMs = 250
      this.#around.onTools()
    } catch (error) {
      this.#degrade(error)
    }
  }

  /** Calls a tool by the upstream's own name. A call that never left is sent again once, on a new connection. */
  async call(
    params: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const leave = await this.#limiter.enter(signal)
    this.calls++
    try {
      const fresh = this.#channel === undefined
      try {
        return await this.#send(params, signal)
      } catch (error) {
        // Only what was never sent may be sent again; anything else may have been done already.
        if (fresh || !(error instanceof NotSent) || signal.aborted) throw error
        this.#channel = undefined
        return await this.#send(params, signal)
      }
    } catch (error) {
      if (!(error instanceof RpcError)) this.failures++
      throw error
    } finally {
      leave()
    }
  }

  /** Ends the connection for good; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const channel = this.#opened
    await channel?.close()
  }

  async #send(
    params: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const channel = await this.#connect()
    const meta = this.#modern
      ? { _meta: { ...(params._meta as object | undefined), ...ownMeta } }
      : {}
    const result = await channel.request(
      'tools/call',
      { ...params, ...meta },
      { timeoutMs: this.config.timeoutMs, signal },
    )
    if (typeof result === 'object' && result !== null) return { ...result }
    throw new HubError('unavailable', `${this.name} answered with something that is no result`)
  }

  #connect(): Promise<Channel> {
    if (this.#stopped) return Promise.reject(new HubError('unavailable', `${this.name} is stopped`))
    this.#channel ??= this.#start().catch((error: unknown) => {
      this.#channel = undefined
      throw error
    })
    return this.#channel
  }

  async #start(): Promise<Channel> {
    const channel = await this.#open()
    this.#opened = channel
    try {
      return await this.#handshake(channel)
    } catch (error) {
      await channel.close() // A server that answers nothing would else be left running at each try.
      throw error
    }
  }

  async #open(): Promise<Channel> {
    const { command, args, env, cwd, url, headers } = this.config
    const events = {
      onClose: (reason: string) => {
        this.#channel = undefined
        if (!this.#stopped && this.state === 'ready')
          this.#degrade(new HubError('unavailable', reason))
      },
      onNotification: (method: string) => {
        if (method === 'notifications/tools/list_changed') void this.refresh()
      },
    }
    // Loaded when needed: a hub without such upstreams does not pay for the HTTP library.
    if (url !== undefined) {
      const { openHttp } = await import('./http-channel.ts')
      return openHttp({ url, headers: this.#resolved(headers) }, events)
    }
    return openStdio(
      {
        command: command ?? '',
        args,
        env: { ...this.#resolved(env), [marker]: this.#around.mark },
        cwd,
      },
      events,
    )
  }

  /** Asks in the modern era first; whatever the refusal, the old handshake follows on the same channel. */
  async #handshake(channel: Channel): Promise<Channel> {
    this.#modern = !this.#oldOnly && (await this.#speaksModern(channel))
    if (this.#modern) return channel
    channel.protocol = undefined
    const hello = { protocolVersion: legacyVersions[0], capabilities: {}, clientInfo }
    const welcome = (await channel.request('initialize', hello, { timeoutMs: 30_000 })) as {
      protocolVersion?: string
    } // Checked by its use.
    channel.protocol = welcome.protocolVersion
    await channel.notify('notifications/initialized', {})
    return channel
  }

  async #speaksModern(channel: Channel): Promise<boolean> {
    channel.protocol = modernVersion
    try {
      await channel.request('server/discover', { _meta: ownMeta }, { timeoutMs: probeMs })
      return true
    } catch (error) {
      const died = error instanceof HubError && error.message.startsWith('the upstream ended')
      if (!died) return false
      this.#oldOnly = true // A server that dies of an unknown request is not asked again.
      throw error
    }
  }

  #resolved(values: Record<string, string>): Record<string, string> {
    return resolveReferences(values, this.#around.environment)
  }

  async #list(channel: Channel): Promise<ForeignTool[]> {
    const tools: ForeignTool[] = []
    let cursor: string | undefined
    for (let page = 0; page < maxPages; page++) {
      const params = {
        ...(cursor === undefined ? {} : { cursor }),
        ...(this.#modern ? { _meta: ownMeta } : {}),
      }
      const reply = (await channel.request('tools/list', params, {
        timeoutMs: this.config.timeoutMs,
      })) as { tools?: unknown; nextCursor?: string } // Checked below.
      if (!Array.isArray(reply.tools))
        throw new HubError('unavailable', `${this.name} answered tools/list without tools`)
      tools.push(...reply.tools.filter(isTool))
      if (tools.length > maxTools)
        throw new HubError('exhausted', `${this.name} lists more than ${maxTools} tools`)
      if (reply.nextCursor === undefined || reply.nextCursor === cursor) return tools
      cursor = reply.nextCursor
    }
    throw new HubError('exhausted', `${this.name} lists more than ${maxPages} pages`)
  }

  #degrade(error: unknown): void {
    this.state = 'degraded'
    this.reason = error instanceof Error ? error.message : String(error)
    if (this.#stopped) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.refresh(), this.#retryMs).unref()
    this.#retryMs = Math.min(60_000, this.#retryMs * 2)
  }
}
