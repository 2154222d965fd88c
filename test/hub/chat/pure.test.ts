import { expect, test } from 'vitest'
import { assemble, closeParts } from '../../../hub/chat/assemble.ts'
import { ChunkLog } from '../../../hub/chat/chunk-log.ts'
import { DataMarks } from '../../../hub/chat/data.ts'
import { promptOf } from '../../../hub/chat/prompt.ts'
import { replayed } from '../../../hub/chat/replay.ts'
import { typedArguments, typedCall } from '../../../hub/chat/typed-call.ts'
import type { ChatPart } from '../../../schemas/chat-part.ts'
import type { ChatChunk } from '../../../schemas/chat-stream.ts'
import { branchTo, newestLeaf } from '../../../servers/chat/tree.ts'

const call = { toolCallId: 'c1', toolName: 'task_list', dynamic: true } as const
const chunks: ChatChunk[] = [
  { type: 'data-context', id: 'context', data: [{ kind: 'page', id: '#/tasks', text: 'open' }] },
  { type: 'start-step' },
  { type: 'reasoning-start', id: '1:reasoning:0' },
  { type: 'reasoning-delta', id: '1:reasoning:0', delta: 'hm' },
  { type: 'reasoning-end', id: '1:reasoning:0' },
  { type: 'text-start', id: '1:text:0' },
  { type: 'text-delta', id: '1:text:0', delta: 'I ' },
  { type: 'text-delta', id: '1:text:0', delta: 'look' },
  { type: 'text-end', id: '1:text:0' },
  { type: 'tool-input-start', ...call },
  { type: 'tool-input-available', ...call, input: { limit: 1 } },
  { type: 'finish-step' },
  { type: 'tool-approval-request', toolCallId: 'c1', approvalId: 'a1' },
  { type: 'tool-approval-response', approvalId: 'a1', approved: true, reason: 'fine' },
  {
    type: 'tool-output-available',
    toolCallId: 'c1',
    dynamic: true,
    output: { items: [] },
    toolMetadata: { durationMs: 3 },
  },
  { type: 'steering-message', id: 'm1', parts: [{ type: 'text', text: 'quickly' }] },
  { type: 'start-step' },
  { type: 'text-start', id: '2:text:0' },
  { type: 'text-delta', id: '2:text:0', delta: 'None' },
]

const put = (all: Iterable<ChatChunk>): ChatPart[] => {
  const parts: ChatPart[] = []
  for (const chunk of all) assemble(parts, structuredClone(chunk))
  return parts
}

test('a replay leads to the same parts as the stream itself', () => {
  const parts = put(chunks)
  const metadata = { conversation: 'c', title: 't', request: 'r', requestParent: null }
  expect(put(replayed('m', metadata, parts))).toEqual(parts)
  expect(parts).toMatchObject([
    { type: 'data-context' },
    { type: 'step-start' },
    { type: 'reasoning', text: 'hm', state: 'done' },
    { type: 'text', text: 'I look', state: 'done' },
    { type: 'dynamic-tool', state: 'output-available', approval: { approved: true } },
    { type: 'steering-message' },
    { type: 'step-start' },
    { type: 'text', text: 'None', state: 'streaming' },
  ])
})

test('whatever is open when an answer ends is closed, and says whether the call was made', () => {
  const parts = put(chunks.slice(0, 11))
  const made = structuredClone(parts)
  for (const part of made) if (part.type === 'dynamic-tool') part.toolMetadata = { startedAt: 1 }
  closeParts(parts)
  closeParts(made)
  expect(parts.at(-1)).toMatchObject({
    state: 'output-error',
    errorText: expect.stringMatching(/not made/) as string,
  })
  expect(made.at(-1)).toMatchObject({
    state: 'output-error',
    errorText: expect.stringMatching(/unknown/) as string,
  })
})

test('a prompt has the steps of an answer as the model made them, results marked as data', () => {
  const marks = new DataMarks(Buffer.from('key'), 'c')
  const { messages, isCut } = promptOf(
    [
      { role: 'user', parts: [{ type: 'text', id: 'request', text: 'Which?', state: 'done' }] },
      { role: 'assistant', parts: put(chunks) },
    ],
    { marks, listed: new Set(['tool_search']), pictures: new Map() },
  )
  expect(isCut).toBe(false)
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'user',
    'assistant',
    'tool',
    'user',
    'assistant',
  ])
  expect(messages[2]?.content).toMatchObject([
    { type: 'text', text: 'I look' },
    {
      type: 'tool-call',
      toolName: 'tool_call',
      input: { name: 'task_list', arguments: { limit: 1 } },
    },
  ])
  expect(JSON.stringify(messages[3])).toContain(`</${marks.name}>`)
})

test('a mark cannot be ended by what it marks, and hides secrets', () => {
  const marks = new DataMarks(Buffer.from('key'), 'c')
  const text = marks.around('note "x">\n', `a </${marks.name}> b ghp_${'a'.repeat(30)}`)
  expect(text.split(`</${marks.name}>`)).toHaveLength(2)
  expect(text).not.toContain('ghp_a')
  expect(text.split('\n')[0]).toBe(`<${marks.name} from="note 'x''' ">`.replace(' ">', '">'))
})

test('the oldest messages are left out where a conversation is too long', () => {
  const long = 'x'.repeat(50_000)
  const said = Array.from({ length: 4 }, (_none, at) => ({
    role: 'user' as const,
    parts: [{ type: 'text' as const, id: 'request', text: `${at}${long}`, state: 'done' as const }],
  }))
  const { messages, isCut } = promptOf(said, {
    marks: new DataMarks(Buffer.from('k'), 'c'),
    listed: new Set(),
    pictures: new Map(),
  })
  expect([isCut, messages.length]).toEqual([true, 2])
  expect(JSON.stringify(messages[1])).toContain('"3x')
})

test('a late reader is given the parts where the frames are not kept any more', async () => {
  const log = new ChunkLog(0)
  const big = 'x'.repeat(3 * 1024 * 1024)
  for (let at = 0; at < 4; at++) log.add({ type: 'text-delta', id: 't', delta: big })
  log.end()
  const frames = []
  const restart = (): ChatChunk[] => [{ type: 'start-step' }, { type: 'text-start', id: 't' }]
  for await (const frame of log.follow(0, { signal: new AbortController().signal, restart }))
    frames.push(frame)
  expect(frames.map(({ seq, json }) => [seq, (JSON.parse(json) as ChatChunk).type])).toEqual([
    [4, 'start-step'],
    [4, 'text-start'],
  ])
})

const schema = {
  properties: {
    goal: { type: 'string' },
    limit: { type: 'integer' },
    tags: { type: 'array' },
    wait: { type: 'boolean' },
    either: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
}

test.each([
  ['/task_list', 'task_list', {}],
  ['/task_list limit=5 wait=true', 'task_list', { limit: 5, wait: true }],
  ['/tool task_list goal=5', 'task_list', { goal: '5' }],
  ['/x goal="two \\"words\\"" tags=["a","b"]', 'x', { goal: 'two "words"', tags: ['a', 'b'] }],
  [`/x goal='one two' other=word either=7`, 'x', { goal: 'one two', other: 'word', either: '7' }],
  ['/x {"a": {"b": 1}}', 'x', { a: { b: 1 } }],
  ['/x goal=', 'x', { goal: '' }],
])('%s is a typed call', (text, name, args) => {
  const typed = typedCall(text)
  expect(typed?.name).toBe(name)
  expect(typedArguments(typed!, schema)).toEqual(args)
})

test.each(['hello', ' /task_list', '/home/ann/file is odd', '/', '/tool', 'a /task_list'])(
  '%j is no typed call',
  (text) => {
    expect(typedCall(text)).toBeUndefined()
  },
)

test.each(['/x {"a":', '/x [1]', '/x just words', '/x {"a":1,"a":2}'])('%s is refused', (text) => {
  expect(() => typedArguments(typedCall(text)!, schema)).toThrow()
})

test('a branch runs from the first message, and ends with what was added last', () => {
  const tree = [
    { id: 'a', parent: null },
    { id: 'b', parent: 'a' },
    { id: 'c', parent: 'b' },
    { id: 'd', parent: 'b' },
    { id: 'e', parent: 'd' },
  ]
  expect(branchTo(tree, 'd').map(({ id }) => id)).toEqual(['a', 'b', 'd'])
  expect(
    branchTo(
      [
        { id: 'x', parent: 'y' },
        { id: 'y', parent: 'x' },
      ],
      'x',
    ),
  ).toHaveLength(2)
  expect([newestLeaf(tree, 'a'), newestLeaf(tree, 'c')]).toEqual(['e', 'c'])
})
