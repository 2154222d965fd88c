import { expect, test } from 'vitest'
import type { ChannelEvents } from '../../hub/upstreams/channel.ts'
import { Duplex } from '../../hub/upstreams/duplex.ts'
import { AccessRefused, wordsOf } from '../../hub/upstreams/refused.ts'

const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`

function start() {
  const written: string[] = []
  const notified: string[] = []
  const events: ChannelEvents = {
    onNotification: (method, params) => void notified.push(JSON.stringify([method, params])),
    onRequest: () => Promise.resolve({}),
    onClose: () => undefined,
  }
  const duplex = new Duplex(events, (text) => void written.push(text))
  return { duplex, written, notified }
}

const idOf = (text = '{}') => (JSON.parse(text) as { id: number }).id

test('what is nested too deep to be written again is passed over, and calls go on', async () => {
  const { duplex, written, notified } = start()
  const { reply } = duplex.request('tools/call', '{}', {})
  duplex.receive(`{"jsonrpc":"2.0","id":${deep},"method":"ping"}`)
  duplex.receive(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":${deep}}}`)
  duplex.receive('{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}')
  expect(notified).toEqual([])
  expect(written).toHaveLength(1)
  const id = idOf(written[0])
  duplex.receive(JSON.stringify({ jsonrpc: '2.0', id, result: { ok: true } }))
  expect((await reply).result).toEqual({ ok: true })
})

test('a request that is refused fails alone, and what ran beside it comes to its end', async () => {
  const { duplex, written } = start()
  const first = duplex.request('tools/call', '{}', {})
  const second = duplex.request('tools/call', '{}', {})
  duplex.refuse(idOf(written[1]), new AccessRefused(403, 'not for you'))
  await expect(second.reply).rejects.toMatchObject({ code: 'denied' })
  const id = idOf(written[0])
  duplex.receive(JSON.stringify({ jsonrpc: '2.0', id, result: { ok: true } }))
  expect((await first.reply).result).toEqual({ ok: true })
})

test('a page of any size and make is read for its words at its beginning', () => {
  const page = '<html><head><title>x</title></head><body>Your plan has ended</body></html>'
  expect(wordsOf(page)).toBe('Your plan has ended')
  // Looked at as a whole, one of these would take minutes.
  expect(wordsOf('<'.repeat(4_000_000))).toHaveLength(300)
  expect(wordsOf('<script '.repeat(500_000))).toMatch(/^<script/)
})
