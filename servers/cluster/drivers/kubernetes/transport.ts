import type { Readable } from 'node:stream'
import type { Pool } from 'undici'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import type { Access } from './access.ts'
import { ApiError, hasStatus, jsonOf } from './api-error.ts'
import type { SignedIn } from './sign-in.ts'
import { SignIn } from './sign-in.ts'

export type Call = {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string | string[] | undefined>
  body?: unknown
  /** Always said: a server guesses JSON Patch for a PATCH that does not. */
  type?:
    | 'application/json'
    | 'application/apply-patch+yaml'
    | 'application/merge-patch+json'
    | 'application/strategic-merge-patch+json'
  accept?: string
  signal?: AbortSignal
  /** Its refusal is an answer: it is not sent again by itself. */
  once?: boolean
}

/** What a connection to somebody else than a plain client needs as well. */
export type Identity = SignedIn & { server: string; ca?: string; serverName?: string }

const answerMs = 10_000
const maxBodyBytes = 64 * 1024 * 1024
const maxTries = 4
const maxWaitMs = 5000
const callConnections = 16
const streamConnections = 512

/**
 * JSON to and from one API server as one user. Calls share a few kept connections; what streams has
 * connections of its own, so that a hundred followed logs leave room to stop a pod.
 */
export class Transport {
  readonly #cluster: string
  readonly #source: () => Promise<Access>
  readonly #clock: Clock
  #signedIn: Promise<{ access: Access; signIn: SignIn }> | undefined
  #pools: { of: string; calls: Pool; streams: Pool } | undefined
  #isClosed = false

  /** `source` is read again once the server refuses what it said: people renew their kubeconfig. */
  constructor(cluster: string, source: () => Promise<Access>, clock: Clock) {
    this.#cluster = cluster
    this.#source = source
    this.#clock = clock
  }

  /** The answer as JSON. What the server refused unread (429), and reads that broke off, are sent again. */
  async json(call: Call): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        const body = await this.#send(call, 'calls', answerMs)
        return jsonOf((await collect(body, maxBodyBytes)).toString('utf8'))
      } catch (error) {
        const waitMs = this.#retryIn(call, error, tries)
        if (waitMs === undefined) throw this.#named(error)
        await pause(this.#clock, waitMs, call.signal)
        call.signal?.throwIfAborted()
      }
    }
  }

  /** The answer as it comes; it may be silent for `silentMs`, for ever with 0. */
  async stream(call: Call, silentMs: number): Promise<Readable> {
    try {
      return await this.#send(call, 'streams', silentMs)
    } catch (error) {
      throw this.#named(error)
    }
  }

  /** For what speaks another protocol than requests and answers to the same server. */
  async identity(): Promise<Identity> {
    const asked = (this.#signedIn ??= this.#read())
    try {
      const { access, signIn } = await asked
      if (access.until !== undefined && access.until <= this.#clock.now()) {
        if (this.#signedIn === asked) this.#signedIn = undefined
        return await this.identity()
      }
      const { server, ca, serverName } = access
      const signedIn = await signIn.current()
      return { server, ...signedIn, ...(ca ? { ca } : {}), ...(serverName ? { serverName } : {}) }
    } catch (error) {
      if (this.#signedIn === asked) this.#signedIn = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const pools = this.#pools
    this.#pools = undefined
    await Promise.all([pools?.calls.destroy(), pools?.streams.destroy()])
  }

  async #read() {
    const access = await this.#source()
    return { access, signIn: new SignIn(access.credential, this.#clock) }
  }

  async #send(call: Call, kind: 'calls' | 'streams', bodyTimeout: number): Promise<Readable> {
    const identity = await this.identity()
    const pool = (await this.#poolsFor(identity))[kind]
    const { method = 'GET', path, query = {}, body, type = 'application/json', signal } = call
    const answer = await pool.request({
      method,
      path: prefixOf(identity.server) + path + queryText(query),
      headers: {
        accept: call.accept ?? 'application/json',
        'user-agent': 'switchyard',
        ...(body === undefined ? {} : { 'content-type': type }),
        ...identity.headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: answerMs,
      bodyTimeout,
      ...(signal ? { signal } : {}),
    })
    const { statusCode: status, headers } = answer
    if (status < 300) return answer.body
    const text = (await collect(answer.body, 64 * 1024)).toString('utf8')
    const retryAfter = headers['retry-after']
    throw new ApiError(this.#cluster, {
      status,
      body: text,
      ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
    })
  }

  #retryIn(
    { method = 'GET', once = false }: Call,
    error: unknown,
    tries: number,
  ): number | undefined {
    if (tries >= maxTries || this.#isClosed) return undefined
    if (error instanceof ApiError) {
      if (hasStatus(error, 401) && tries === 1) {
        this.#signedIn = undefined
        return 0
      }
      if (hasStatus(error, 429) && !once)
        return Math.min(maxWaitMs, error.retryAfterMs ?? 500 * tries)
      return undefined
    }
    // A kept connection that the server has closed meanwhile fails at once; a slow server does not.
    return method === 'GET' && tries === 1 && isBroken(error) ? 0 : undefined
  }

  #named(error: unknown): unknown {
    if (error instanceof HubError || (error instanceof Error && error.name === 'AbortError'))
      return error
    const why = error instanceof Error ? error.message || error.name : String(error)
    return new HubError('unavailable', `the cluster ${this.#cluster} does not answer: ${why}`, {
      hint: 'It is asked again by itself; cluster_list says how it is.',
      cause: error,
    })
  }

  /** One set of connections for each server and certificate: a renewed one means new connections. */
  async #poolsFor({ server, ca, serverName, cert = '', key = '' }: Identity) {
    const of = [server, ca, serverName, cert].join('\n')
    if (this.#isClosed) throw new HubError('unavailable', `${this.#cluster} was removed`)
    if (this.#pools?.of === of) return this.#pools
    const { Pool } = await import('undici')
    if (this.#pools?.of === of) return this.#pools
    const connect = {
      timeout: answerMs,
      ...(ca ? { ca } : {}),
      ...(serverName ? { servername: serverName } : {}),
      ...(cert ? { cert, key } : {}),
    }
    const { origin } = new URL(server)
    const make = (connections: number) =>
      new Pool(origin, { connections, connect, pipelining: 1, keepAliveTimeout: 30_000 })
    const old = this.#pools
    const made = { of, calls: make(callConnections), streams: make(streamConnections) }
    this.#pools = made
    void Promise.all([old?.calls.close(), old?.streams.close()])
    return made
  }
}

/** An API server behind a gateway has a path of its own there. */
export const prefixOf = (server: string): string => new URL(server).pathname.replace(/\/$/, '')

const isBroken = (error: unknown) =>
  error instanceof Error &&
  ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')

export function queryText(query: NonNullable<Call['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => [name, one]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}

async function collect(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new HubError('exhausted', 'an answer of the cluster is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
