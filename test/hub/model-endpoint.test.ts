import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'

type Wire = { messages: { role: string; content: unknown }[]; [field: string]: unknown }

/** A model server that calls `add` once and then says the sum, and keeps what it was sent. */
async function startAdder(status = 200) {
  const requests: Wire[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const headers = { 'content-type': 'application/json' }
      response.writeHead(request.method === 'GET' ? 200 : status, headers)
      if (request.method === 'GET') return response.end('{"data":[{"id":"adder"}]}')
      if (status !== 200) return response.end('{"error":{"message":"overloaded"}}')
      const asked = JSON.parse(text) as Wire
      requests.push(asked)
      response.end(JSON.stringify(answerTo(asked)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return { base: `http://127.0.0.1:${port}/v1`, requests }
}

function answerTo({ messages }: Wire): object {
  const answer = messages.find(({ role }) => role === 'tool')
  const call = { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":2,"b":3}' } }
  const message = answer
    ? { role: 'assistant', content: `It is ${String(answer.content)}.` }
    : { role: 'assistant', content: null, tool_calls: [call] }
  const choice = { index: 0, message, finish_reason: answer ? 'stop' : 'tool_calls' }
  const usage = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 }
  const identity = { id: 'x', object: 'chat.completion', created: 1, model: 'adder' }
  return { ...identity, choices: [choice], usage }
}

const adding = {
  tools: {
    add: tool({
      description: 'adds',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      execute: async ({ a, b }) => String(a + b),
    }),
  },
  stopWhen: isStepCount(3),
  prompt: 'How much is 2 and 3?',
  maxRetries: 0,
}

const post = async (hub: TestHub, body: unknown, token = hub.token) => {
  const response = await fetch(`${hub.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, type: response.headers.get('content-type'), text }
}
const user = (content: unknown) => ({ model: 'default', messages: [{ role: 'user', content }] })
const hello = user('hello')

test("a client of OpenAI's interface runs a loop with tools through the hub", async () => {
  const server = await startAdder()
  const hub = await startHub({}, { OPENAI_BASE_URL: server.base, OPENAI_API_KEY: 'sk-secret' })
  const client = createOpenAI({ baseURL: `${hub.url}/v1`, apiKey: hub.token })
  const made = await generateText({ model: client.chat('default'), ...adding })
  expect(made.text).toBe('It is 5.')
  expect(made.totalUsage).toMatchObject({ inputTokens: 40, outputTokens: 6 })
  expect(server.requests[1]?.messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: 'c1', function: { name: 'add' } }] },
    { role: 'tool', content: '5', tool_call_id: 'c1' },
  ])
  expect(await hub.call('usage_read')).toMatchObject({
    items: [{ model: 'openai/adder', calls: 2, inputTokens: 40, outputTokens: 6 }],
  })
})

test('the same loop streams', async () => {
  const server = await startAdder()
  const hub = await startHub({}, { OPENAI_BASE_URL: server.base })
  const client = createOpenAI({ baseURL: `${hub.url}/v1`, apiKey: hub.token })
  const made = streamText({ model: client.chat('openai/adder'), ...adding })
  expect(await made.text).toBe('It is 5.')
  expect(await made.totalUsage).toMatchObject({ inputTokens: 40, outputTokens: 6 })
  expect(await made.finishReason).toBe('stop')
  const { type, text } = await post(hub, { ...hello, stream: true })
  expect(type).toBe('text/event-stream')
  expect(text).toMatch(/^data: \{.*"delta":\{"role":"assistant","content":""\}/)
  expect(text).toMatch(/"finish_reason":"tool_calls"\}\]\}\n\ndata: \[DONE\]\n\n$/)
  expect(text).not.toContain('"usage"')
})

test('what was asked reaches the model', async () => {
  const server = await startAdder()
  const hub = await startHub({}, { OPENAI_BASE_URL: server.base })
  const url = 'data:image/png;base64,iVBORw0KGgo='
  const look = { type: 'function', function: { name: 'look' } }
  const call = { ...look, id: 'z', function: { name: 'look', arguments: 'not json' } }
  const sampling = { temperature: 0.5, top_p: 0.9, seed: 7 }
  const answer = await post(hub, {
    ...sampling,
    model: 'openai/adder',
    messages: [
      { role: 'developer', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what is this' },
          { type: 'image_url', image_url: { url } },
        ],
      },
      { role: 'assistant', content: 'looking', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'z', content: [{ type: 'text', text: 'a dot' }] },
    ],
    tools: [look],
    tool_choice: look,
    max_completion_tokens: 50,
    stop: 'END',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'thing', schema: { type: 'object', properties: {} } },
    },
    user: 'ignored',
  })
  expect(answer).toMatchObject({ status: 200 })
  expect(JSON.parse(answer.text)).toMatchObject({
    object: 'chat.completion',
    model: 'openai/adder',
    choices: [{ message: { role: 'assistant', content: 'It is a dot.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 },
  })
  expect(server.requests[0]).toMatchObject({
    ...sampling,
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: [{ type: 'text' }, { image_url: { url } }] },
      {
        role: 'assistant',
        content: 'looking',
        tool_calls: [{ id: 'z', function: { name: 'look' } }],
      },
      { role: 'tool', tool_call_id: 'z', content: 'a dot' },
    ],
    tools: [look],
    tool_choice: look,
    max_tokens: 50,
    stop: ['END'],
    response_format: { type: 'json_schema' },
  })
})

test('a bad or refused request is answered as OpenAI answers one', async () => {
  const hub = await startHub({}, { OPENAI_BASE_URL: (await startAdder(503)).base })
  const viewer = await hub.call<{ token: string }>('token_create', { name: 'v', role: 'viewer' })
  const image = { type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }
  const message = hello.messages[0]
  const saying = (text: string) => ({ message: expect.stringContaining(text) as string })
  const cases: [unknown, number, object, string?][] = [
    ['{', 400, { code: 'invalid' }],
    ['[]', 400, { code: 'invalid' }],
    [{ ...hello, messages: [] }, 400, { param: 'messages' }],
    [{ ...hello, messages: [{ role: 'robot', content: '' }] }, 400, { param: 'messages.0.role' }],
    [{ ...hello, messages: Array(5001).fill(message) }, 400, { param: 'messages' }],
    [{ ...hello, n: 2 }, 400, { param: 'n' }],
    [{ ...hello, functions: [] }, 400, { param: 'functions' }],
    [{ ...hello, temperature: 9 }, 400, { code: 'invalid' }],
    [{ ...hello, model: 'nowhere/x' }, 400, saying('provider')],
    [user([image]), 400, saying('data: URL')],
    [hello, 403, { code: 'denied', type: 'invalid_request_error' }, viewer.token],
    [{ ...hello, stream: true }, 403, { code: 'denied' }, viewer.token],
    [hello, 503, { code: 'unavailable', type: 'server_error' }],
    [hello, 401, { code: 'unauthenticated' }, 'sy_not-a-token-at-all'],
    [user('x'.repeat(9_000_000)), 429, { code: 'exhausted' }],
  ]
  for (const [body, status, error, token] of cases) {
    const answer = await post(hub, body, token)
    const seen = [answer.status, JSON.parse(answer.text)]
    expect(seen, JSON.stringify(error)).toMatchObject([status, { error }])
  }
})

test('the models that may be named are listed', async () => {
  const server = await startAdder()
  const hub = await startHub({}, { OPENAI_BASE_URL: server.base })
  const headers = { authorization: `Bearer ${hub.token}` }
  const response = await fetch(`${hub.url}/v1/models`, { headers })
  const { object, data } = (await response.json()) as { object: string; data: { id: string }[] } // As documented.
  expect(object).toBe('list')
  expect(data.map(({ id }) => id)).toEqual(['default', 'openai/adder', 'scripted'])
})
