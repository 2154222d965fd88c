import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Channel } from '../../hub/upstreams/channel.ts'
import { hubIdentity, performHandshake } from '../../hub/upstreams/handshake.ts'
import type { Reply } from '../../hub/rpc/reply.ts'
import { RpcError } from '../../hub/rpc/protocol.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const reply = (result: Record<string, unknown>) => ({ result }) as Reply
const modern = reply({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } })
const old = reply({ protocolVersion: '2025-11-25', capabilities: { tools: {} } })
const refusal = new RpcError(-32_600, 'this connection is of the modern era')

/** A server that answers when the test says so. */
class SlowServer implements Channel {
  protocol: string | undefined
  readonly asked: string[] = []
  readonly canceled: string[] = []
  readonly #open = new Map<string, PromiseWithResolvers<Reply>>()

  request(method: string) {
    this.asked.push(method)
    const answer = Promise.withResolvers<Reply>()
    this.#open.set(method, answer)
    const cancel = (reason: Error) => {
      this.canceled.push(method)
      answer.reject(reason)
    }
    return { reply: answer.promise, cancel }
  }

  answer(method: string, with_: Reply | Error): void {
    const { resolve, reject } = this.#open.get(method) ?? Promise.withResolvers<Reply>()
    if (with_ instanceof Error) reject(with_)
    else resolve(with_)
  }

  async notify(method: string): Promise<void> {
    this.asked.push(method)
  }

  async close(): Promise<void> {}
}

test('a server of the modern era that is slow to start is still one of the modern era', async () => {
  const server = new SlowServer()
  const handshake = performHandshake(server, hubIdentity, 'unknown')
  await vi.advanceTimersByTimeAsync(6000)
  expect(server.asked).toEqual(['server/discover', 'initialize'])
  // It reads them in order, and after the first one knows which era the connection is of.
  server.answer('initialize', refusal)
  await vi.advanceTimersByTimeAsync(2000)
  server.answer('server/discover', modern)
  expect(await handshake).toMatchObject({ modern: true, version: '2026-07-28' })
  expect(server.protocol).toBe('2026-07-28')
})

test('a server that ignores what it does not know is asked in the old era', async () => {
  const server = new SlowServer()
  const handshake = performHandshake(server, hubIdentity, 'unknown')
  await vi.advanceTimersByTimeAsync(6000)
  server.answer('initialize', old)
  expect(await handshake).toMatchObject({ modern: false, version: '2025-11-25' })
  expect(server.asked).toEqual(['server/discover', 'initialize', 'notifications/initialized'])
  expect(server.canceled).toEqual(['server/discover'])
  expect(server.protocol).toBe('2025-11-25')
})

test('a server that answers in neither era says why the old one failed', async () => {
  const server = new SlowServer()
  const handshake = performHandshake(server, hubIdentity, 'unknown')
  await vi.advanceTimersByTimeAsync(6000)
  server.answer('initialize', refusal)
  const failed = expect(handshake).rejects.toThrow('this connection is of the modern era')
  await vi.advanceTimersByTimeAsync(60_000)
  await failed
})
