import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Asked = { max_tokens?: number; messages: { content: unknown }[]; model: string }

/**
 * An OpenAI-compatible server whose answers have a chosen number of tokens, never more than it was
 * told to generate, and which knows what it has been asked for.
 */
export async function startCountingModel(
  answer: (asked: Asked, number: number) => Promise<Usage> | Usage,
) {
  const requests: Asked[] = []
  const answered: Usage[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => void reply())
    const reply = async () => {
      const send = (status: number, value: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(value))
      if (request.url === '/v1/models')
        return send(200, { object: 'list', data: [{ id: 'tiny', object: 'model' }] })
      const asked = JSON.parse(text) as Asked // As the client library sends it.
      requests.push(asked)
      const usage = await answer(asked, requests.length)
      answered.push(usage)
      const { input, output, cached = 0, status } = usage
      if (status !== undefined) return send(status, { error: { message: 'not now' } })
      send(200, {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: asked.model,
        choices: [
          { index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' },
        ],
        usage: {
          prompt_tokens: input,
          completion_tokens: output,
          total_tokens: input + output,
          prompt_tokens_details: { cached_tokens: cached },
        },
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // It listens on TCP.
  return { url, environment: { OPENAI_BASE_URL: `${url}/v1` }, requests, answered }
}

export type Usage = { input: number; output: number; cached?: number; status?: number }
