import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

type Asked = {
  model: string
  stream?: boolean
  messages: { role: string; content: unknown }[]
  tools?: { function: { name: string } }[]
}
export type Answering = (
  asked: Asked,
  write: (bytes: string | Uint8Array) => void,
  response: ServerResponse,
) => Promise<void> | void

/**
 * A model server whose answer the test itself writes, byte by byte: behind OpenAI's path and Ollama's.
 * `closed` counts the connections that the client gave up; `capabilities` is what Ollama's says of it.
 */
export async function startStreamingModel(answer: Answering) {
  const requests: Asked[] = []
  const state = { closed: 0, capabilities: ['completion'] }
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/v1/models')
      return void response.end(JSON.stringify({ object: 'list', data: [{ id: 'tiny' }] }))
    if (request.url === '/api/tags')
      return void response.end(JSON.stringify({ models: [{ name: 'tiny:1b' }] }))
    if (request.url === '/api/show')
      return void response.end(JSON.stringify({ capabilities: state.capabilities }))
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const asked = JSON.parse(text) as Asked // As the client library sends it.
    requests.push(asked)
    response.on('close', () => (state.closed += response.writableFinished ? 0 : 1))
    const type = request.url === '/api/chat' ? 'application/x-ndjson' : 'text/event-stream'
    const write = (bytes: string | Uint8Array) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': type })
      response.write(bytes)
    }
    await answer(asked, write, response)
    response.end()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // It listens on TCP.
  const openAi = { OPENAI_BASE_URL: `${url}/v1` }
  return { url, requests, state, openAi, ollama: { OLLAMA_HOST: url } }
}

// The forms below are those that the two servers send, shortened to what is read of them.

export const openAiFrame = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'tiny',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`

export const openAiText = (text: string): string => openAiFrame({ content: text })

export const openAiCall = (id: string, name: string, args: string): string =>
  openAiFrame({
    tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: args } }],
  })

export const openAiEnd = (finish = 'stop'): string =>
  `${openAiFrame({}, finish)}data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'tiny',
    choices: [],
    usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55 },
  })}\n\ndata: [DONE]\n\n`

export const ollamaLine = (message: object): string =>
  `${JSON.stringify({ model: 'tiny:1b', created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content: '', ...message }, done: false })}\n`

export const ollamaEnd = (): string =>
  `${JSON.stringify({ model: 'tiny:1b', created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 50, eval_count: 5 })}\n`
