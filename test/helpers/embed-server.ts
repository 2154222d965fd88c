import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * An embedding server for tests behind both documented wires: Ollama's `POST /api/embed`
 * (docs/api.md) and OpenAI's `POST /v1/embeddings`. It knows meanings, not words: each text is a
 * vector over the topics whose words it holds, so that synonyms fall together.
 */
const topics = [
  ['car', 'automobile', 'vehicle'],
  ['doctor', 'physician', 'medic'],
  ['money', 'cash', 'currency'],
  ['house', 'home', 'dwelling'],
]

export async function startEmbedServer(options: { extraDimensions?: number } = {}) {
  const requests: { path: string; size: number; model: string }[] = []
  let failing = false
  let allowed = Infinity
  let held = 0
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const path = request.url ?? ''
      const reply = (status: number, value: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(value))
      if (path === '/api/tags') return reply(200, { models: [] })
      const { input, model } = JSON.parse(text) as { input: string[]; model: string }
      requests.push({ path, size: input.length, model })
      if (failing) return reply(503, { error: 'overloaded' })
      if (input.length > 1 && allowed-- <= 0) {
        held++
        return response.on('close', () => held--)
      }
      const vectors = input.map((words) => vectorOf(words, model, options.extraDimensions ?? 0))
      if (path === '/api/embed') return reply(200, { model, embeddings: vectors })
      if (path === '/v1/embeddings')
        return reply(200, {
          object: 'list',
          model,
          data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
        })
      reply(404, {})
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // It listens on TCP.
    requests,
    fail: (value: boolean) => void (failing = value),
    /** From now on so many batches are answered; who asks for more is kept waiting. */
    allow: (batches: number) => void (allowed = batches),
    held: () => held,
    close: () => server.close(),
  }
}

function vectorOf(text: string, model: string, extra: number): number[] {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  const vector = topics.map((topic) => words.filter((word) => topic.includes(word)).length + 0.01)
  const padding = Array.from({ length: (model.includes('large') ? 4 : 0) + extra }, () => 0.01)
  return [...vector, ...padding]
}
