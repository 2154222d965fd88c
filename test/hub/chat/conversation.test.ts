import { readUIMessageStream, uiMessageChunkSchema } from 'ai'
import { expect, test } from 'vitest'
import type { ConversationList, ConversationRead } from '../../../schemas/chat.ts'
import type { Task } from '../../../schemas/task.ts'
import { ChatDevice, lastOf, textIn, toolsIn } from '../../helpers/chat.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'

const read = (hub: TestHub, conversation: string, more: object = {}) =>
  hub.call<ConversationRead>('chat_read', { conversation, ...more })

test('a request is answered by the caller’s own tools, and all of it is on record', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const reading = await device.say('Submit a task to run `echo hello`', { model: 'scripted' })
  expect(reading.response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
  expect(reading.types[0]).toBe('start')
  expect(reading.types.at(-1)).toBe('finish')
  const { conversation, request, model, kind, state } = reading.metadata
  expect({ model, kind, state }).toEqual({ model: 'scripted', kind: 'scripted', state: 'done' })
  const kept = await read(hub, conversation)
  expect(kept.messages.map(({ role, state: of, id }) => [role, of, id])).toEqual([
    ['user', 'done', request],
    ['assistant', 'done', reading.answer],
  ])
  const [call] = toolsIn(lastOf(kept).parts)
  expect(call).toMatchObject({
    toolName: 'task_submit',
    title: 'Submit a task',
    state: 'output-available',
    input: { template: 'command', command: 'echo hello' },
    toolMetadata: { server: 'orchestration', effect: 'create' },
  })
  // The task says where it comes from.
  const { id } = call!.output as Task
  const { task } = await hub.call<{ task: Task }>('task_read', { task: id })
  expect(task.provenance).toEqual({ via: 'chat', id: conversation })
  // Each call of a model and of a tool has its row.
  const rows = await hub.hub.store.reader.all<{ tool: string }>(
    `SELECT tool FROM audit WHERE request_id LIKE '${reading.answer}%'`,
  )
  expect(rows.map(({ tool }) => tool).sort()).toEqual([
    'model_generate',
    'model_generate',
    'task_submit',
  ])
})

test('every frame is one of the protocol, and its own client puts the same message together', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const reading = await device.say('Which tasks are there? list tasks', { model: 'scripted' })
  const schema = uiMessageChunkSchema()
  for (const chunk of reading.chunks)
    expect(await schema.validate?.(chunk), JSON.stringify(chunk)).toMatchObject({ success: true })
  const stream = new ReadableStream({
    start(controller) {
      for (const chunk of reading.chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  let last: { id: string; parts: { type: string }[] } | undefined
  for await (const message of readUIMessageStream({ stream: stream as never })) last = message
  const kept = lastOf(await read(hub, reading.metadata.conversation))
  expect(last?.id).toBe(kept.id)
  expect(last?.parts.map(({ type }) => type)).toEqual(kept.parts.map(({ type }) => type))
})

test('the scripted assistant finds the tool for a request by its words', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const reading = await device.say('Which servers are behind this hub?', { model: 'scripted' })
  const kept = await read(hub, reading.metadata.conversation)
  expect(toolsIn(lastOf(kept).parts).map(({ toolName }) => toolName)).toEqual([
    'tool_search',
    'tool_read',
    'server_list',
  ])
  expect(reading.text).toMatch(/server_list returned/)
})

test('a typed call needs no model, whichever way it is written', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const first = await device.say('/task_submit template=command command="echo one two"')
  const { conversation, kind } = first.metadata
  expect(kind).toBe('tool')
  await device.say('/tool task_list {"limit": 1}', { conversation })
  await device.say('/task_list limit=1 state=queued', { conversation })
  await device.say('/task_liist', { conversation })
  await device.say('/task_list limit=many', { conversation })
  const { messages } = await read(hub, conversation)
  const calls = messages.flatMap(({ parts }) => toolsIn(parts))
  expect(calls.map(({ toolName, input, state }) => [toolName, input, state])).toEqual([
    ['task_submit', { template: 'command', command: 'echo one two' }, 'output-available'],
    ['task_list', { limit: 1 }, 'output-available'],
    ['task_list', { limit: 1, state: 'queued' }, 'output-available'],
    ['task_liist', {}, 'output-error'],
    ['task_list', { limit: 'many' }, 'output-error'],
  ])
  expect(calls[3]?.errorText).toMatch(/Did you mean task_list/)
  expect((calls[1]!.output as { items: Task[] }).items[0]?.provenance).toMatchObject({
    via: 'chat',
  })
})

test('without a model the answer says what to do', async () => {
  const hub = await startHub()
  const reading = await new ChatDevice(hub).say('Which tasks are there?')
  expect(reading.types.slice(-2)).toEqual(['error', 'finish'])
  expect(reading.metadata).toMatchObject({ state: 'failed', error: { code: 'unavailable' } })
})

test('a conversation is a tree: a request can be said otherwise, an answer given anew', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const first = await device.say('/whoami')
  const { conversation } = first.metadata
  const second = await device.say('/task_list', { conversation })
  const otherwise = await device.say('/server_list', { conversation, parent: first.answer })
  const branch = await read(hub, conversation)
  expect(branch.messages.map(({ id }) => id)).toEqual([
    first.metadata.request,
    first.answer,
    otherwise.metadata.request,
    otherwise.answer,
  ])
  expect(branch.messages[2]?.siblings).toEqual([
    second.metadata.request,
    otherwise.metadata.request,
  ])
  const before = await read(hub, conversation, { message: second.metadata.request })
  expect(lastOf(before).id).toBe(second.answer)
  const anew = await device.begin({ conversation, parent: otherwise.answer, trigger: 'regenerate' })
  await anew.end()
  expect(anew.metadata.request).toBe(otherwise.metadata.request)
  expect(lastOf(await read(hub, conversation)).siblings).toEqual([otherwise.answer, anew.answer])
  const begun = await device.say('/whoami', { conversation, parent: null })
  expect(begun.metadata.requestParent).toBeNull()
  expect((await read(hub, conversation, { tree: true })).messages).toHaveLength(9)
  await hub.call('chat_update', { conversation, message: second.answer, title: 'A tree' })
  const shown = await read(hub, conversation)
  expect(shown.conversation.title).toBe('A tree')
  expect(lastOf(shown).id).toBe(second.answer)
})

test('a request that is sent again is not answered again', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const body = { message: { text: '/whoami' }, key: 'once-and-no-more' }
  const first = await (await device.begin(body)).end()
  const again = await (await device.begin(body)).end()
  expect(again.answer).toBe(first.answer)
  expect(again.metadata.state).toBe('done')
  expect(toolsIn(lastOf(await read(hub, first.metadata.conversation)).parts)).toHaveLength(1)
  expect((await hub.call<ConversationList>('chat_list')).items).toHaveLength(1)
})

test('conversations are found by what was said, exported, and deleted', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const first = await device.say('Hello there, über Äpfel', { model: 'scripted' })
  const { conversation } = first.metadata
  await device.say('/whoami')
  const found = await hub.call<ConversationList>('chat_list', { query: 'äpfel HELLO' })
  expect(found.items).toMatchObject([
    { id: conversation, found: expect.stringMatching(/äpfel/) as string },
  ])
  const page = await hub.call<ConversationList>('chat_list', { limit: 1 })
  const rest = await hub.call<ConversationList>('chat_list', { limit: 1, cursor: page.next })
  expect([page.items[0]?.title, rest.items[0]?.id, rest.next]).toEqual([
    '/whoami',
    conversation,
    undefined,
  ])
  const file = await hub.call<{ name: string; text: string }>('chat_export', { conversation })
  expect(file.name).toBe('Hello-there-über-Äpfel.md')
  expect(file.text).toContain('über Äpfel')
  expect(file.text).toContain('scripted assistant')
  const json = await hub.call<{ text: string }>('chat_export', { conversation, format: 'json' })
  expect(JSON.parse(json.text)).toMatchObject({
    messages: [{ role: 'user' }, { role: 'assistant' }],
  })
  await hub.call('chat_delete', { conversation })
  expect(await failure(read(hub, conversation))).toMatchObject({ code: 'not_found' })
})

test('a conversation is its maker’s alone', async () => {
  const hub = await startHub()
  const { conversation } = (await new ChatDevice(hub).say('/whoami')).metadata
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'dora',
    role: 'developer',
    orgs: ['acme'],
  })
  const dora = await hub.as('eve', 'developer', ['acme'])
  for (const tool of ['chat_read', 'chat_export', 'chat_update', 'chat_delete'])
    expect(await failure(dora.call(tool, { conversation })), tool).toMatchObject({
      code: 'not_found',
    })
  expect((await dora.call<ConversationList>('chat_list')).items).toEqual([])
  const device = new ChatDevice({ url: hub.url, token })
  const post = await device.post({ conversation, message: { text: '/whoami' } })
  expect(post.status).toBe(404)
  expect((await device.request(`/chat/${conversation}/stream`)).status).toBe(404)
  expect((await device.request(`/chat/${conversation}/stop`, { method: 'POST' })).status).toBe(404)
  expect((await device.post({ org: 'default', message: { text: '/whoami' } })).status).toBe(403)
  const own = await device.say('/whoami')
  expect(
    lastOf(
      await hub.client
        .withToken(token)
        .call<ConversationRead>('chat_read', { conversation: own.metadata.conversation }),
    ).state,
  ).toBe('done')
})

test('what is no request is refused with a reason', async () => {
  const hub = await startHub()
  const device = new ChatDevice(hub)
  const { conversation, request } = (await device.say('/whoami')).metadata
  const refusals: [unknown, number][] = [
    [{}, 400],
    [{ message: { text: '  ' } }, 400],
    [{ message: { text: 'x' }, nonsense: 1 }, 400],
    [{ message: { text: 'x' }, conversation: 'chat-none' }, 404],
    [{ message: { text: 'x' }, conversation, parent: 'message-none' }, 404],
    [{ message: { text: 'x' }, conversation, parent: request }, 400],
    [{ trigger: 'regenerate' }, 400],
    [{ message: { text: 'x'.repeat(100_001) } }, 400],
  ]
  for (const [body, status] of refusals)
    expect([body, (await device.post(body)).status]).toEqual([body, status])
  const bare = await fetch(`${hub.url}/chat`, { method: 'POST', body: '{}' })
  expect(bare.status).toBe(401)
  const foreign = await device.request('/chat', {
    method: 'POST',
    body: '{}',
    headers: { origin: 'https://evil.example' },
  })
  expect(foreign.status).toBe(403)
  const guest = await hub.as('worker', 'worker')
  expect(await failure(guest.call('chat_list'))).toMatchObject({ code: 'denied' })
  expect(textIn(lastOf(await read(hub, conversation)))).toBe('')
})
