import { createInterface } from 'node:readline'
import type { Readable, Writable, Duplex } from 'node:stream'
import { HubError } from '../../schemas/errors.ts'
import { request } from '../http/node-http.ts'
import { pipeProtocol } from '../http/upgrades.ts'

export type Running = { url: string; token: string }

type Message = { id?: string | number; method?: string }

const patienceMs = 30_000
const retryMs = 250

/**
 * Carries lines between a client on standard input and output and the hub that runs already. When that
 * hub goes away, calls that were on the way fail, and the next one waits for it to come back: a client
 * that did its handshake gets another one without noticing.
 */
export async function attach(
  find: () => Promise<Running | undefined>,
  path: string,
  input: Readable,
  output: Writable,
): Promise<void> {
  const bridge = new Bridge(find, path, output)
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() !== '') await bridge.send(line)
  }
  await bridge.finish()
}

class Bridge {
  readonly #find: () => Promise<Running | undefined>
  readonly #path: string
  readonly #output: Writable
  readonly #open = new Set<string | number>()
  #socket: Duplex | undefined
  #closed: Promise<void> = Promise.resolve()
  /** The handshake with the hub, to be sent again to the next one; its answer is not for the client. */
  #handshake: { line: string; id: string | number } | undefined
  #swallow: string | number | undefined

  constructor(find: () => Promise<Running | undefined>, path: string, output: Writable) {
    this.#find = find
    this.#path = path
    this.#output = output
  }

  async send(line: string): Promise<void> {
    const { id, method } = messageOf(line)
    if (method === 'initialize' && id !== undefined) this.#handshake = undefined
    try {
      const socket = this.#socket ?? (await this.#connect())
      if (id !== undefined && method !== undefined) this.#open.add(id)
      if (method === 'initialize' && id !== undefined) this.#handshake = { line, id }
      if (!socket.write(`${line}\n`)) await drained(socket)
    } catch (error) {
      if (id !== undefined && method !== undefined) this.#fail(id, error)
    }
  }

  /** The client has no more to say: lets the hub answer what is open. */
  async finish(): Promise<void> {
    this.#socket?.end()
    await this.#closed
  }

  async #connect(): Promise<Duplex> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const running = await this.#find()
      const socket = running && (await open(running, this.#path).catch(() => undefined)) // Gone again: tried on.
      if (socket) return this.#adopt(socket)
      if (performance.now() > deadline)
        throw new HubError('unavailable', 'the hub does not run any more')
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }

  #adopt(socket: Duplex): Duplex {
    this.#socket = socket
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined
        for (const id of this.#open) this.#fail(id, 'the hub went away during this call')
        resolve()
      })
    })
    socket.on('error', () => socket.destroy()) // Closing follows, and is handled.
    createInterface({ input: socket, crlfDelay: Infinity })
      .on('line', (line) => this.#take(line))
      .on('error', () => socket.destroy()) // The same error again.
    if (this.#handshake) {
      this.#swallow = this.#handshake.id
      socket.write(`${this.#handshake.line}\n`)
      socket.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    }
    return socket
  }

  #take(line: string): void {
    const { id, method } = messageOf(line)
    if (id !== undefined && method === undefined) {
      this.#open.delete(id)
      if (id === this.#swallow) return void (this.#swallow = undefined)
    }
    this.#output.write(`${line}\n`)
  }

  #fail(id: string | number, why: unknown): void {
    this.#open.delete(id)
    const message = why instanceof Error ? why.message : String(why)
    const error = { code: -32603, message }
    this.#output.write(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`)
  }
}

function open({ url, token }: Running, path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      connection: 'Upgrade',
      upgrade: pipeProtocol,
    }
    request(`${url}${path}`, { headers })
      .on('upgrade', (_response, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      .on('response', (response) => reject(new Error(`the hub answered ${response.statusCode}`)))
      .on('error', reject)
      .end()
  })
}

const drained = (socket: Duplex) =>
  new Promise<void>((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', resolve)
  })

function messageOf(line: string): Message {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {} // Each field is looked at before it is used.
  } catch {
    return {} // The hub answers what is no JSON as the protocol asks.
  }
}
