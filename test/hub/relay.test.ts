import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Upstream } from '../../schemas/upstream.ts'
import { everythingStdio } from '../helpers/everything.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub, until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { ask } from '../helpers/raw-mcp.ts'
import { openProbeClient } from '../probe/session.ts'
import { startWith, state, write } from '../helpers/upstreams.ts'

const canBeAsked = { capabilities: { elicitation: {} } }
const tool = 'up_test_input_required_result_elicitation'
const answered = (key: string, name: string) => ({
  [key]: { action: 'accept', content: { name } },
})

async function withEverything(eras: 'both' | 'legacy', more: object = {}): Promise<TestHub> {
  const hub = await startWith({ up: { ...everythingStdio(eras), ...more } })
  await until(async () => (await state(hub, 'up'))?.state === 'ready')
  return hub
}

test('a call that an old server interrupts waits for its own client only, and for the same request', async () => {
  const hub = await withEverything('legacy')
  const { result } = await ask(hub, 'tools/call', { name: tool }, canBeAsked)
  expect(result.resultType).toBe('input_required')
  const [key = ''] = Object.keys(result.inputRequests as object)
  const requestState = String(result.requestState)
  const inputResponses = answered(key, 'Ada')
  const dora = (
    await hub.call<{ token: string }>('token_create', { name: 'dora', role: 'developer' })
  ).token
  const stolen = { name: tool, inputResponses, requestState }
  const refused = await ask(hub, 'tools/call', stolen, { ...canBeAsked, token: dora })
  expect(refused.error).toMatchObject({
    code: -32602,
    message: expect.stringMatching(/requestState/) as string,
  })
  for (const wrong of [
    { ...stolen, requestState: `${requestState}x` },
    { ...stolen, arguments: { other: true } },
    { ...stolen, inputResponses: { [key]: 5 } },
  ]) {
    expect((await ask(hub, 'tools/call', wrong, canBeAsked)).error?.code).toBe(-32602)
  }
  // Keys that nobody asked for change nothing, and neither does coming without an answer.
  const empty = await ask(hub, 'tools/call', { name: tool, requestState }, canBeAsked)
  expect(empty.result.resultType).toBe('input_required')
  const done = await ask(
    hub,
    'tools/call',
    {
      name: tool,
      inputResponses: { ...inputResponses, other: {} },
      requestState: empty.result.requestState,
    },
    canBeAsked,
  )
  expect(done.result.content).toEqual([{ type: 'text', text: 'Hello, Ada!' }])
  expect((await ask(hub, 'tools/call', stolen, canBeAsked)).error?.code).toBe(-32602)
})

test('what the hub need not understand passes as it is spelled, both ways', async () => {
  // It answers with the very text it was sent, and with a number that no double holds.
  const script = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line)
      if (id === undefined) return
      const tools = [{ name: 'mirror', inputSchema: { type: 'object' } }]
      const result = method === 'tools/call'
        ? '{"content":[{"type":"text","text":' + JSON.stringify(line) + '}],"structuredContent":{"n":98765432109876543210,"f":1.50}}'
        : JSON.stringify(method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } : { tools })
      if (method === 'server/discover') process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }) + '\\n')
      else process.stdout.write('{"jsonrpc":"2.0","id":' + id + ',"result":' + result + '}\\n')
    })`
  const hub = await startWith({ up: { command: process.execPath, args: ['-e', script] } })
  await until(async () => (await state(hub, 'up'))?.state === 'ready')
  const args = '{"big":12345678901234567890,"f":1.50,"e":"\\u00e9",\n  "deep":[1e2]}'
  const { text, result } = await ask(hub, 'tools/call', `{"name":"up_mirror","arguments":${args}}`)
  const [{ text: received = '' } = {}] = result.content as { text?: string }[]
  // A line break between tokens cannot travel on a pipe of lines; all else is the same.
  expect(received).toContain(`"arguments":${args.replace('\n', ' ')}`)
  expect(text).toContain('"structuredContent":{"n":98765432109876543210,"f":1.50}')
})

test('a long answer is cut at a line and the rest is a resource of the one who asked', async () => {
  const hub = await withEverything('both', { answerChars: 1000 })
  const text = Array.from({ length: 400 }, (_, n) => `line ${n} with some words`).join('\n')
  const { result } = await ask(hub, 'tools/call', { name: 'up_probe_echo', arguments: { text } })
  const [shown, note, link] = result.content as { text: string; uri?: string; type: string }[]
  expect(shown!.text.length).toBeLessThanOrEqual(1000)
  expect(shown!.text.endsWith('\n')).toBe(true)
  expect(note!.text).toMatch(/^\[Cut: \d+ of \d+ characters are shown/)
  expect(link).toMatchObject({ type: 'resource_link' })
  const rest = await ask(hub, 'resources/read', { uri: link!.uri ?? '' })
  const [content] = rest.result.contents as { text: string }[]
  expect(shown!.text + content!.text).toBe(text)
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'vera',
    role: 'developer',
  })
  const other = await ask(hub, 'resources/read', { uri: link!.uri ?? '' }, { token })
  expect(other.error?.code).toBe(-32602)
})

test('a server that starts on demand is listed from memory, wakes for a call, and sleeps again', async () => {
  const data = makeFolder()
  const entry = { ...everythingStdio('both'), start: 'demand', idleMs: 400 }
  const first = await startHub({ data, logLevel: 'silent' })
  write(first, { up: entry })
  await until(async () => (await state(first, 'up'))?.state === 'ready')
  await first.hub.stop()
  const hub = await startHub({ data, logLevel: 'silent' })
  expect(await state(hub, 'up')).toMatchObject({ state: 'asleep', calls: 0 })
  expect((await hub.client.listTools<{ name: string }>()).map(({ name }) => name)).toContain(
    'up_probe_echo',
  )
  const { result } = await ask(hub, 'tools/call', {
    name: 'up_probe_echo',
    arguments: { text: 'up?' },
  })
  expect(result.content).toEqual([{ type: 'text', text: 'up?' }])
  await until(async () => (await state(hub, 'up'))?.state === 'asleep')
})

test('an address that serves one server takes its own names, and apps find theirs by them', async () => {
  const hub = await withEverything('both')
  const own = { name: 'test_simple_text', arguments: {} }
  const there = await ask(hub, 'tools/call', own, { path: '/mcp/up' })
  expect(JSON.stringify(there.result.content)).toContain('simple text')
  const prompt = await ask(hub, 'prompts/get', { name: 'test_simple_prompt' }, { path: '/mcp/up' })
  expect(JSON.stringify(prompt.result.messages)).toContain('simple prompt')
  // The fixture has an app, whose code calls its server's tools by bare names.
  expect((await ask(hub, 'tools/call', own)).result.isError).toBeUndefined()
  const page = await ask(hub, 'resources/read', { uri: 'ui://everything/app.html' })
  expect(JSON.stringify(page.result.contents)).toContain('An app')
  expect((await ask(hub, 'tools/call', own, { path: '/mcp/radicle' })).error?.code).toBe(-32602)
})

test('a relayed call is on record even if the hub is killed right after its answer', async () => {
  const data = makeFolder()
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ mcpServers: { up: everythingStdio('both') } }),
  )
  const hub = new ProcessHub(data, ['--dispatch', 'off'])
  onTestFinished(() => void hub.stop())
  await hub.start()
  const rows = async () =>
    (await hub.client().call<{ items: { tool: string }[] }>('audit_list', { subject: 'up' })).items
  await until(async () => {
    const { items } = await hub.client().call<{ items: Upstream[] }>('server_list')
    return items[0]?.state === 'ready'
  })
  for (let round = 1; round <= 3; round++) {
    await hub.client().call('up_probe_echo', { text: 'x' })
    await hub.kill()
    await hub.start()
    expect(await rows()).toHaveLength(round)
  }
  expect(await hub.client().call('audit_verify')).toMatchObject({ intact: true })
})

test('a question for somebody who cannot be asked is refused, and the server goes on', async () => {
  const hub = await withEverything('legacy')
  const { error } = await ask(hub, 'tools/call', { name: tool })
  expect(error?.message).toMatch(/cannot be asked/)
  expect(
    (await ask(hub, 'tools/call', { name: 'up_probe_echo', arguments: { text: 'x' } })).result
      .isError,
  ).toBeUndefined()
})

test('tasks and changes are resources, too: listed, read, by template, with the rights of their tools', async () => {
  const hub = await startHub()
  const { id } = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const listed = await ask(hub, 'resources/list', {})
  expect(JSON.stringify(listed.result.resources)).toContain(`task://${id}`)
  const read = await ask(hub, 'resources/read', { uri: `task://${id}` })
  expect(JSON.stringify(read.result.contents)).toContain(id)
  expect((await ask(hub, 'resources/read', { uri: 'task://none' })).error).toMatchObject({
    code: -32602,
    data: { uri: 'task://none' },
  })
  const templates = await ask(hub, 'resources/templates/list', {})
  expect(JSON.stringify(templates.result)).toContain('change://{change}')
  const prompt = await ask(hub, 'prompts/get', {
    name: 'review_change',
    arguments: { change: 'change-1' },
  })
  expect(JSON.stringify(prompt.result.messages)).toContain('change-1')
  expect((await ask(hub, 'prompts/get', { name: 'review_change' })).error?.message).toMatch(
    /needs `change`/,
  )
})

test('a task can be followed as a resource, by those who may read it', async () => {
  const hub = await startHub()
  const { id } = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const uri = `task://${id}`
  const { client, told } = await openProbeClient(hub, 'legacy')
  onTestFinished(() => client.close())
  await client.subscribeResource({ uri })
  await hub.call('task_cancel', { task: id })
  await until(() =>
    told.some(({ method, params }) => method.endsWith('updated') && params.uri === uri),
  )
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'stranger',
    role: 'developer',
    orgs: ['elsewhere'],
  })
  const stranger = await openProbeClient({ url: hub.url, token }, 'legacy')
  onTestFinished(() => stranger.client.close())
  await expect(stranger.client.subscribeResource({ uri })).rejects.toMatchObject({ code: -32602 })
})

test('a viewer may neither see, read nor follow what upstreams have', async () => {
  const hub = await withEverything('both')
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'vera',
    role: 'viewer',
  })
  const as = { token }
  expect(JSON.stringify((await ask(hub, 'resources/list', {}, as)).result)).not.toContain('test://')
  expect(JSON.stringify((await ask(hub, 'prompts/list', {}, as)).result)).not.toContain('up_test')
  expect((await ask(hub, 'resources/read', { uri: 'test://static-text' }, as)).error?.code).toBe(
    -32602,
  )
  expect((await ask(hub, 'prompts/get', { name: 'up_test_simple_prompt' }, as)).error).toBeDefined()
  const viewer = await openProbeClient({ url: hub.url, token }, 'legacy')
  onTestFinished(() => viewer.client.close())
  await expect(
    viewer.client.subscribeResource({ uri: 'test://watched-resource' }),
  ).rejects.toMatchObject({ code: -32602 })
})
