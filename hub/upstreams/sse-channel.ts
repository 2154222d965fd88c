import type { Params } from '../rpc/protocol.ts'
import Pool from 'undici/lib/dispatcher/pool.js'
import { HubError } from '../../schemas/errors.ts'
import type { Channel, ChannelEvents, Exchange, Pending } from './channel.ts'
import { Duplex } from './duplex.ts'
import { eventsOf } from './event-stream.ts'
import type { Address } from './http-answer.ts'
import { Cancellation } from './http-answer.ts'
import { sendRequest } from './http-request.ts'
import { AccessRefused, wordsOf } from './refused.ts'
import { sendSigned } from './sign-in/signed.ts'

const shortMs = 10_000

/**
 * An upstream over HTTP+SSE, as it was before Streamable HTTP: everything it says comes on one stream,
 * whose first event names the address that takes what it is told.
 * https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
export class SseChannel implements Channel {
  protocol: string | undefined
  readonly #pool: Pool
  readonly #closed = new AbortController()
  readonly #duplex: Duplex
  readonly #address: Address
  /** Where messages go; also the order in which they leave. */
  #tail: Promise<URL>

  constructor(address: Address, events: ChannelEvents) {
    this.#address = address
    this.#pool = new Pool(new URL(address.url).origin, { connections: 16, bodyTimeout: 0 })
    this.#duplex = new Duplex(events, (text) => this.#write(text))
    this.#tail = this.#open(new URL(address.url))
    this.#tail.catch(() => undefined) // Each message that waits for it fails by itself.
  }

  request(method: string, params: string, exchange: Exchange): Pending {
    return this.#duplex.request(method, params, exchange)
  }

  async notify(method: string, params: Params): Promise<void> {
    this.#duplex.send({ method, params })
    await this.#tail
  }

  async close(): Promise<void> {
    this.#duplex.end('closed')
    this.#closed.abort()
    await this.#pool.destroy()
  }

  /** One message after the other; `id` is that of a request, which alone fails where it is refused. */
  #write(text: string, id?: number): void {
    this.#tail = this.#tail.then(async (url) => {
      const { headers, signIn } = this.#address
      const answer = await sendSigned(signIn, 'POST', (credential) =>
        sendRequest(this.#pool, `${url.pathname}${url.search}`, {
          method: 'POST',
          headers: { ...headers, ...credential, 'content-type': 'application/json' },
          body: text,
          cancellation: Cancellation.by(AbortSignal.timeout(shortMs)),
        }),
      )
      const { statusCode: status } = answer
      if (status === 401 || status === 403) {
        const refused = new AccessRefused(status, wordsOf(await answer.body.text()))
        if (id === undefined) throw new HubError('unavailable', refused.message)
        this.#duplex.refuse(id, refused)
        return url
      }
      await answer.body.dump()
      if (status >= 400)
        throw new HubError('unavailable', `the upstream refused a message: ${status}`)
      return url
    })
    this.#tail.catch((error: unknown) =>
      this.#duplex.end(error instanceof Error ? error.message : String(error), error),
    )
  }

  /** Opens the stream; resolves with the address it names. */
  async #open(url: URL): Promise<URL> {
    const { headers, signIn } = this.#address
    const answer = await sendSigned(signIn, 'GET', (credential) =>
      sendRequest(this.#pool, `${url.pathname}${url.search}`, {
        method: 'GET',
        headers: { ...headers, ...credential, accept: 'text/event-stream' },
        cancellation: Cancellation.by(this.#closed.signal),
      }),
    )
    const type = answer.headers['content-type'] ?? ''
    const { statusCode: status } = answer
    if (status === 401 || status === 403)
      throw new AccessRefused(status, wordsOf(await answer.body.text()))
    if (status !== 200 || !type.startsWith('text/event-stream')) {
      await answer.body.dump()
      throw new HubError('unavailable', `the upstream has no event stream: ${status}`)
    }
    return new Promise((resolve, reject) => {
      this.#read(answer.body, url, resolve).then(
        () => this.#duplex.end('the stream ended'),
        (error: unknown) => {
          this.#duplex.end(String(error))
          reject(error)
        },
      )
    })
  }

  async #read(
    body: AsyncIterable<Uint8Array>,
    url: URL,
    named: (address: URL) => void,
  ): Promise<void> {
    for await (const { name, data } of eventsOf(body)) {
      if (name === 'endpoint') {
        const address = new URL(data, url)
        // Our headers may hold a credential, which no other host is to see.
        if (address.origin !== url.origin)
          throw new HubError('unavailable', 'the upstream names an address of another host')
        named(address)
      } else if (data !== '') this.#duplex.receive(data)
    }
  }
}
