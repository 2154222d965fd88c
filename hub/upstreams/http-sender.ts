// The part of undici that is used: the whole takes 50 ms longer to load.
import Pool from 'undici/lib/dispatcher/pool.js'
import { HubError } from '../../schemas/errors.ts'
import { modernVersion } from '../rpc/protocol.ts'
import type { Address, Answer, Headers, Outgoing } from './http-answer.ts'
import { Cancellation } from './http-answer.ts'
import { sendRequest } from './http-request.ts'
import { sendSigned } from './sign-in/signed.ts'

/** Sends messages to one Streamable HTTP address: its connections, its session, its credential. */
export class HttpSender {
  /** The revision agreed on; its header goes with each request. */
  protocol: string | undefined
  session: string | undefined
  readonly #address: Address
  readonly #pool: Pool
  readonly #path: string

  constructor(address: Address) {
    this.#address = address
    const { origin, pathname, search } = new URL(address.url)
    // Silence is judged per request, by the one who waits for it.
    this.#pool = new Pool(origin, {
      connections: 256,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.#path = `${pathname}${search}`
  }

  /** Opens a stream, or one that goes on after the event `lastEventId`. */
  async get(lastEventId: string | undefined, cancellation: Cancellation): Promise<Answer> {
    const headers = {
      ...this.#headers(),
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    }
    return this.#request({ method: 'GET', headers, cancellation })
  }

  /** Sends one message; `method` is what it asks, where it asks something. */
  async post(
    body: string,
    cancellation: Cancellation,
    method: string | undefined,
    more: Record<string, string> | undefined,
  ): Promise<Answer> {
    const headers = this.#headers()
    headers['content-type'] = 'application/json'
    headers.accept = 'application/json, text/event-stream'
    if (method !== undefined && this.protocol === modernVersion) {
      headers['mcp-method'] = method
      Object.assign(headers, more)
    }
    try {
      return await this.#request({ method: 'POST', headers, body, cancellation })
    } catch (error) {
      if (cancellation.reason || error instanceof HubError) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new HubError('unavailable', `the upstream does not answer: ${why}`, { cause: error })
    }
  }

  /** Ends the session, where there is one, and all connections. */
  async close(): Promise<void> {
    if (this.session !== undefined) {
      const headers = { ...this.#address.headers, 'mcp-session-id': this.session }
      const cancellation = Cancellation.by(AbortSignal.timeout(1000))
      // Out of courtesy, and so without getting a better credential; a server that is gone has forgotten it.
      const credential = await this.#address.signIn?.credential('DELETE')
      await this.#once({ method: 'DELETE', headers, cancellation }, credential).then(
        (answer) => answer.body.dump(),
        () => undefined,
      )
    }
    await this.#pool.destroy()
  }

  #request(options: Outgoing): Promise<Answer> {
    const { signIn } = this.#address
    return sendSigned(signIn, options.method, (credential) => this.#once(options, credential))
  }

  #once(options: Outgoing, credential: Headers | undefined): Promise<Answer> {
    const headers = credential ? { ...options.headers, ...credential } : options.headers
    return sendRequest(this.#pool, this.#path, { ...options, headers })
  }

  #headers(): Record<string, string> {
    const { protocol } = this
    return {
      ...this.#address.headers,
      ...(protocol ? { 'mcp-protocol-version': protocol } : {}),
      ...(this.session ? { 'mcp-session-id': this.session } : {}),
    }
  }
}
