import type { Params } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { createHmac, hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'

type Question = {
  method: string
  params: Params
  answer(result: unknown): void
  drop(error: Error): void
}

const maxParked = 1000
const waitMs = 600_000
const togetherMs = 5

/**
 * A call of a modern client that an upstream of the old era has begun. The upstream asks by a request
 * of its own and waits; the client is answered `input_required`, comes back with what was asked, and
 * finds its call here.
 */
export class ParkedCall {
  readonly id = randomUUID()
  readonly owner: string
  readonly digest: string
  /** Where notifications of the call go at present. */
  onNotification: ((method: string, params: Params) => void) | undefined
  reply: Promise<Reply> = Promise.reject(new Error('the call has not begun'))
  readonly #cancel = new AbortController()
  readonly #questions = new Map<string, Question>()
  /** How often it was parked; each round has a state of its own. */
  rounds = 0
  #nextKey = 1
  #wake: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined

  constructor(owner: string, digest: string) {
    this.owner = owner
    this.digest = digest
    this.reply.catch(() => undefined) // Replaced before anybody waits for it.
  }

  get signal(): AbortSignal {
    return this.#cancel.signal
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#cancel.abort()
    const error = new HubError('canceled', 'the call was canceled')
    for (const { drop } of this.#questions.values()) drop(error)
    this.#questions.clear()
  }

  /** What the upstream asks; answered when the client comes back with it. */
  ask(method: string, params: Params, signal: AbortSignal): Promise<unknown> {
    const key = `${method.split('/')[0]}_${this.#nextKey++}`
    return new Promise((answer, drop) => {
      this.#questions.set(key, { method, params, answer, drop })
      signal.addEventListener('abort', () => this.#questions.delete(key), { once: true })
      this.#wake()
    })
  }

  /** Hands in what the client brought; keys that were not asked for are ignored. */
  answer(responses: Params): void {
    for (const [key, response] of Object.entries(responses)) {
      const question = this.#questions.get(key)
      if (!question) continue
      if (!isObject(response))
        throw new RpcError(rpcCode.params, `inputResponses.${key} is not an object`)
      this.#questions.delete(key)
      question.answer(response)
    }
  }

  /** The reply, or what has to be asked first. */
  async next(): Promise<{ reply: Reply } | { questions: Params }> {
    if (this.#questions.size === 0) {
      const woken = new Promise<undefined>((resolve) => {
        // Questions asked together come together, though a pipe may bring them in pieces.
        this.#wake = () => setTimeout(resolve, togetherMs, undefined)
      })
      const reply = await Promise.race([this.reply, woken])
      if (reply) return { reply }
    }
    const asked = [...this.#questions].map(([key, { method, params }]) => [key, { method, params }])
    return { questions: Object.fromEntries(asked) as Params } // Keys are text.
  }

  /** Gives the call up when nobody comes back for it. */
  expireWith(act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, waitMs).unref()
  }
}

/** The calls that wait for their clients. A client's state is only a pointer here, and signed. */
export class Parking {
  readonly #key = randomBytes(32)
  readonly #calls = new Map<string, ParkedCall>()

  park(call: ParkedCall): string {
    if (!this.#calls.has(call.id) && this.#calls.size >= maxParked) {
      call.cancel()
      throw new HubError('exhausted', `${maxParked} calls wait for input already`)
    }
    this.#calls.set(call.id, call)
    call.onNotification = undefined
    call.expireWith(() => {
      this.#calls.delete(call.id)
      call.cancel()
    })
    return `switchyard.${call.id}.${++call.rounds}.${this.#sign(call, call.rounds)}`
  }

  /** The call a state points to. Only the one who began it, with the same request, may go on. */
  find(state: string, owner: string, digest: string): ParkedCall {
    const [, id = '', round = '', signature = ''] = state.split('.')
    const call = this.#calls.get(id)
    if (call && call.owner === owner && call.digest === digest) {
      const [given, right] = [Buffer.from(signature), Buffer.from(this.#sign(call, Number(round)))]
      if (given.length === right.length && timingSafeEqual(given, right)) return call
    }
    throw new RpcError(
      rpcCode.params,
      'this requestState is unknown, expired or of another request; send the request anew without it',
    )
  }

  /** The client is back; its call waits no longer. */
  take({ id }: ParkedCall): void {
    this.#calls.delete(id)
  }

  close(): void {
    for (const call of this.#calls.values()) call.cancel()
    this.#calls.clear()
  }

  #sign({ id, owner, digest }: ParkedCall, round: number): string {
    const about = JSON.stringify([id, round, owner, digest])
    return createHmac('sha256', this.#key).update(about).digest('base64url')
  }
}

export const isOurState = (state: unknown): state is string =>
  typeof state === 'string' && state.startsWith('switchyard.')

/** What makes two requests the same one; the answers to its questions are not part of it. */
export const digestOfRequest = (method: string, { name, uri, arguments: args }: Params): string =>
  hash('sha256', JSON.stringify([method, name, uri, args]))
