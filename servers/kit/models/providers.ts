import type { LanguageModelV4 } from '@ai-sdk/provider'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { boundedFetch } from './bounded-fetch.ts'
import type { ModelEntry } from './models.ts'
import { scriptedModel } from './scripted.ts'

type Environment = Record<string, string | undefined>

export const defaultOpenAi = 'https://api.openai.com/v1'

/** Opens `provider/name`. Provider libraries load on first use: a hub without models never pays. */
export async function openModel(name: string, environment: Environment): Promise<LanguageModelV4> {
  const [provider, ...rest] = name.split('/')
  const model = rest.join('/')
  switch (provider) {
    case 'scripted':
      return scriptedModel
    case 'ollama': {
      const { createOllama } = await import('ai-sdk-ollama')
      return createOllama({ baseURL: ollamaUrl(environment), fetch: boundedFetch })(model)
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai')
      const baseURL = environment.OPENAI_BASE_URL ?? defaultOpenAi
      // A server of one's own often wants no key, while the client library insists on one.
      const apiKey = environment.OPENAI_API_KEY ?? 'none'
      return createOpenAI({ baseURL, apiKey, fetch: boundedFetch }).chat(model)
    }
    default:
      throw new HubError('invalid', `unknown model provider ${JSON.stringify(provider)}`)
  }
}

/** What the configured servers offer now. A server that does not answer offers nothing. */
export async function listModels(environment: Environment): Promise<ModelEntry[]> {
  const lists = await Promise.all([ollamaModels(environment), openAiModels(environment)])
  return [...lists.flat(), { name: 'scripted', provider: 'scripted', kind: 'scripted' }]
}

const Tags = z.object({ models: z.array(z.object({ name: z.string() })) })
const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) })

async function ollamaModels(environment: Environment): Promise<ModelEntry[]> {
  if (!environment.OLLAMA_HOST) return []
  const reply = await getJson(`${ollamaUrl(environment)}/api/tags`, {})
  const parsed = Tags.safeParse(reply)
  if (!parsed.success) return []
  return parsed.data.models.map(({ name }) => ({
    name: `ollama/${name}`,
    provider: 'ollama',
    kind: 'local',
  }))
}

async function openAiModels(environment: Environment): Promise<ModelEntry[]> {
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: base } = environment
  if (!key && !base) return []
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {}
  const parsed = ModelList.safeParse(await getJson(`${base ?? defaultOpenAi}/models`, headers))
  if (!parsed.success) return []
  return parsed.data.data.map(({ id }) => ({
    name: `openai/${id}`,
    provider: 'openai',
    kind: 'cloud',
  }))
}

/** `OLLAMA_HOST` may be `host`, `host:port` or a URL, as Ollama itself reads it. */
export function ollamaUrl(environment: Environment): string {
  const host = environment.OLLAMA_HOST ?? '127.0.0.1'
  const url = new URL(/^https?:\/\//.test(host) ? host : `http://${host}`)
  if (url.port === '' && !/^https?:\/\//.test(host)) url.port = '11434'
  return url.href.replace(/\/$/, '')
}

async function getJson(url: string, headers: Record<string, string>): Promise<unknown> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(3000) })
    return response.ok ? await response.json() : undefined
  } catch {
    return undefined // The listing says what is reachable now; that is its answer for this server.
  }
}
