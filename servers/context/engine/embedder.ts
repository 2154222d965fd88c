import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'

/** Where vectors come from. */
export type Embedding = {
  provider: 'ollama' | 'openai'
  model: string
  url: string
  key: string | undefined
}

const OllamaReply = z.object({ embeddings: z.array(z.array(z.number()).min(1)) })
const OpenAiReply = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()).min(1) })),
})
const Tags = z.object({
  models: z.array(z.looseObject({ name: z.string(), digest: z.string().optional() })),
})

const maxTextChars = 8000

/**
 * Vectors for some texts, in one request: Ollama's `POST /api/embed` or the `POST /embeddings` that
 * OpenAI and servers like it have. Batches stay small, since one request may hold a CPU for long.
 */
export async function embed(
  { provider, model, url, key }: Embedding,
  texts: string[],
  timeoutMs: number,
): Promise<number[][]> {
  const input = texts.map((text) => text.slice(0, maxTextChars))
  const reply = await post(
    provider === 'ollama' ? `${url}/api/embed` : `${url}/embeddings`,
    { model, input },
    key,
    timeoutMs,
  )
  const vectors =
    provider === 'ollama'
      ? OllamaReply.safeParse(reply).data?.embeddings
      : OpenAiReply.safeParse(reply)
          .data?.data.toSorted((a, b) => a.index - b.index)
          .map(({ embedding }) => embedding)
  const size = vectors?.[0]?.length
  if (vectors?.length === texts.length && vectors.every((vector) => vector.length === size))
    return vectors
  throw new HubError('unavailable', `${url} did not answer with a vector for each text`)
}

/** Name of the model with what tells one build of it from another, where the server says so. */
export async function modelKey({ provider, model, url }: Embedding): Promise<string> {
  if (provider !== 'ollama') return `${provider}/${model}`
  const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(3000) })
  const known = Tags.safeParse(await response.json()).data?.models ?? []
  const digest = known.find(({ name }) => name === model || name === `${model}:latest`)?.digest
  return `${provider}/${model}${digest === undefined ? '' : `@${digest.slice(0, 19)}`}`
}

async function post(
  address: string,
  body: object,
  key: string | undefined,
  timeoutMs: number,
): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.ok) return await response.json()
  } catch (error) {
    throw new HubError(
      'unavailable',
      `${address} does not answer: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
  throw new HubError('unavailable', `${address} answered ${response.status}`)
}
