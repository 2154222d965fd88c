import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import { LogWriter } from '../../../agent/log-writer.ts'
import type { LogChunk } from '../../../schemas/log.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { textShown } from '../../helpers/raw-mcp.ts'

async function claimed(hub: TestHub): Promise<Granted> {
  await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  return (await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })).lease
}

type Page = { items: LogChunk[]; next: number; more: boolean }

async function readAll(hub: TestHub, task: string, maxBytes = 65_536): Promise<LogChunk[]> {
  const chunks: LogChunk[] = []
  for (let after = 0; ;) {
    const page = await hub.call<Page>('task_log', { task, after, max_bytes: maxBytes })
    expect(bytesOf(page.items).length).toBeLessThanOrEqual(maxBytes)
    chunks.push(...page.items)
    if (!page.more) return chunks
    after = page.next
  }
}

const bytesOf = (chunks: LogChunk[]) =>
  Buffer.concat(chunks.map(({ data, encoding }) => Buffer.from(data, encoding)))

const writerOf = (hub: TestHub, lease: Granted) =>
  new LogWriter(
    hub.client.withToken(lease.token),
    { task: lease.task.id, fence: lease.fence, position: 0 },
    new AbortController().signal,
  )

test('50,000 lines arrive complete and in order, and numbers have no gap', async () => {
  const hub = await startHub()
  const lease = await claimed(hub)
  const writer = writerOf(hub, lease)
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index} of a busy build\n`)
  for (const line of lines) await writer.write('out', Buffer.from(line))
  await writer.flush()
  const chunks = await readAll(hub, lease.task.id)
  expect(bytesOf(chunks).toString()).toBe(lines.join(''))
  expect(chunks.map((chunk) => chunk.seq)).toEqual(chunks.map((_, index) => index + 1))
})

test('binary output and invalid UTF-8 survive byte by byte', async () => {
  const hub = await startHub()
  const lease = await claimed(hub)
  const writer = writerOf(hub, lease)
  const bytes = Buffer.concat([
    Buffer.from('päper '),
    randomBytes(200_000),
    Buffer.from([0xff, 0xfe, 0x00, 0xc3]),
  ])
  await writer.write('out', bytes)
  await writer.flush()
  for (const maxBytes of [65_536, 6144, 1024])
    expect(bytesOf(await readAll(hub, lease.task.id, maxBytes)).equals(bytes)).toBe(true)
})

test('a long chunk is read in parts between its characters, and its end by itself', async () => {
  const hub = await startHub()
  const lease = await claimed(hub)
  const task = lease.task.id
  const none = await textShown(hub, 'task_log', { task })
  expect(none).toBe('Nothing is logged (yet).\n[next: 0]')
  const writer = writerOf(hub, lease)
  const text = Array.from({ length: 9000 }, (_, index) => `${index} äß 發票 🎻\n`).join('')
  await writer.write('out', Buffer.from(text))
  await writer.flush()
  const parts = await readAll(hub, task, 6144)
  expect(bytesOf(parts).equals(Buffer.from(text))).toBe(true)
  // Only where the writer cut its chunks a character may be in two of them.
  expect(parts.filter(({ encoding }) => encoding === 'base64').length).toBeLessThan(8)
  const shown = await textShown(hub, 'task_log', { task })
  expect(Buffer.byteLength(shown)).toBeLessThan(6400)
  expect(shown).toMatch(/\[next: 0\.00\d+, there is more]$/)
  const end = await hub.call<Page>('task_log', { task, tail: 2 })
  expect(end.more).toBe(false)
  const last = end.items.map(({ data }) => data).join('')
  expect(text.endsWith(last)).toBe(true)
  expect(Buffer.byteLength(last)).toBeGreaterThan(6140)
  expect(Buffer.byteLength(last)).toBeLessThanOrEqual(6144)
  const past = await textShown(hub, 'task_log', { task, after: end.next })
  expect(past).toBe(`Nothing is logged after ${end.next} (yet).\n[next: ${end.next}]`)
})

test('the same append sent twice adds nothing, and one that leaves a gap is refused', async () => {
  const hub = await startHub()
  const lease = await claimed(hub)
  const append = (position: number, ...words: string[]) =>
    hub.call<{ position: number }>('task_log_append', {
      task: lease.task.id,
      fence: lease.fence,
      position,
      chunks: words.map((data) => ({ stream: 'out', at: 1, data })),
    })
  await append(0, 'a', 'b')
  expect(await append(0, 'a', 'b')).toMatchObject({ position: 2 })
  expect(await append(1, 'b', 'c')).toMatchObject({ position: 3 })
  expect(await failure(append(7, 'z'))).toMatchObject({
    code: 'conflict',
    details: { position: 3 },
  })
  expect(await failure(append(3, 'ß'.repeat(40_000)))).toMatchObject({ code: 'invalid' })
  expect(bytesOf(await readAll(hub, lease.task.id)).toString()).toBe('abc')
})

test('a stream resumes after the last chunk its reader saw', async () => {
  const hub = await startHub()
  const lease = await claimed(hub)
  const writer = writerOf(hub, lease)
  await writer.write('out', Buffer.from('one'))
  await writer.flush()
  await writer.write('err', Buffer.from('two'))
  await writer.flush()
  const response = await fetch(`${hub.url}/tasks/${lease.task.id}/log/stream`, {
    headers: { authorization: `Bearer ${hub.token}`, 'last-event-id': '1' },
  })
  const reader = response.body!.getReader()
  let text = ''
  while (!text.includes('two')) text += Buffer.from((await reader.read()).value!).toString()
  await reader.cancel()
  expect(text).not.toContain('one')
  expect(text).toContain('id: 2')
})
