import { expect, test } from 'vitest'
import type { AnswerMetadata, ChatChunk } from '../../../schemas/chat-stream.ts'
import type { Message } from '../../../web/chat/answer.ts'
import { withChunk } from '../../../web/chat/answer.ts'
import { unnamed, withSaid, withStart } from '../../../web/chat/branch.ts'

const message = (id: string, parent: string | null, role: Message['role'] = 'user'): Message => ({
  id,
  parent,
  role,
  state: 'done',
  parts: [{ type: 'text', id, text: id, state: 'done' }],
  after: 0,
  siblings: [id],
  createdAt: 0,
})
const metadata: AnswerMetadata = {
  conversation: 'chat-1',
  title: 'T',
  request: 'm3',
  requestParent: 'm2',
}
const empty: Message = { ...message('a', 'm3', 'assistant'), state: 'running', parts: [] }
const answer = (...chunks: ChatChunk[]) => chunks.reduce(withChunk, empty)
const named = { toolCallId: 'c', toolName: 'task_list', dynamic: true } as const

test('text grows by its parts, and parts that are finished stay the same objects', () => {
  const first = answer(
    { type: 'start-step' },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Hel' },
    { type: 'text-delta', id: '1', delta: 'lo' },
    { type: 'text-end', id: '1' },
  )
  expect(first.parts.at(-1)).toEqual({ type: 'text', id: '1', text: 'Hello', state: 'done' })
  const next = withChunk(first, { type: 'text-start', id: '2' })
  expect(next.parts[1]).toBe(first.parts[1])
})

test('a call is told from its first letter to its result', () => {
  const written = answer(
    { type: 'tool-input-start', ...named },
    { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{"st' },
  )
  expect(written.parts[0]).toMatchObject({ state: 'input-streaming', input: '{"st' })
  const asked = [
    { type: 'tool-input-available', ...named, title: 'List tasks', input: { state: 'failed' } },
    { type: 'tool-approval-request', toolCallId: 'c', approvalId: 'approval-1' },
  ] satisfies ChatChunk[]
  const waits = asked.reduce<Message>(withChunk, written)
  expect(waits).toMatchObject({ state: 'waiting' })
  const done = [
    { type: 'tool-approval-response', approvalId: 'approval-1', approved: true },
    { type: 'tool-output-available', toolCallId: 'c', dynamic: true, output: { items: [] } },
  ] satisfies ChatChunk[]
  expect(done.reduce<Message>(withChunk, waits)).toMatchObject({
    state: 'running',
    parts: [
      {
        state: 'output-available',
        title: 'List tasks',
        input: { state: 'failed' },
        approval: { id: 'approval-1', approved: true },
      },
    ],
  })
})

test('however an answer ends, what it said is kept', () => {
  const said = answer({ type: 'text-start', id: '1' }, { type: 'text-delta', id: '1', delta: 'a' })
  expect(withChunk(said, { type: 'abort', reason: 'x' })).toMatchObject({
    state: 'stopped',
    parts: said.parts,
  })
  const failed = withChunk(said, { type: 'error', errorText: 'cut' })
  expect(failed).toMatchObject({ state: 'failed', error: { message: 'cut' }, parts: said.parts })
  const interrupted = withChunk(said, {
    type: 'finish',
    finishReason: 'other',
    messageMetadata: { state: 'interrupted' },
  })
  expect(interrupted.state).toBe('interrupted')
})

test('a kind of part that a later hub may send changes nothing', () => {
  const unknown = { type: 'data-new', id: 'x', data: 1 } as unknown as ChatChunk
  expect(withChunk(empty, unknown).parts).toEqual([])
})

const branch = [message('m1', null), message('m2', 'm1', 'assistant'), message('m3', 'm2')]
const ids = (messages: Message[]) => messages.map(({ id }) => id)

test('what is said stands at the end at once, and an edit leaves off what followed', () => {
  const say = { message: { text: 'x' } }
  expect(ids(withSaid(branch, say, 0))).toEqual(['m1', 'm2', 'm3', unnamed])
  expect(ids(withSaid(branch, { ...say, parent: null }, 0))).toEqual([unnamed])
  expect(ids(withSaid(branch, { ...say, parent: 'm2' }, 0))).toEqual(['m1', 'm2', unnamed])
  const again = { trigger: 'regenerate' as const, parent: 'm2' }
  expect(ids(withSaid(branch, again, 0))).toEqual(['m1'])
})

test('the hub’s names take the place of those of this page', () => {
  const said = withSaid(branch.slice(0, 2), { message: { text: 'x' } }, 0)
  const started = withStart(said, { answer: 'a', metadata, waiting: [], now: 0 })
  expect(ids(started)).toEqual(['m1', 'm2', 'm3', 'a'])
  expect(withStart(started, { answer: 'a', metadata, waiting: [], now: 0 })).toBe(started)
})

test('a request that waited shows its words when its answer begins', () => {
  const waiting = [{ message: 'm3', mode: 'queue' as const, text: 'and then?' }]
  const started = withStart(branch.slice(0, 2), { answer: 'a', metadata, waiting, now: 0 })
  expect(started[2]).toMatchObject({ id: 'm3', parts: [{ text: 'and then?' }] })
})
