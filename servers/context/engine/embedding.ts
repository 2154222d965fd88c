import type { Config } from '../../../schemas/config.ts'
import { defaultOpenAi, ollamaUrl } from '../../kit/models/providers.ts'
import type { Embedding } from './embedder.ts'

/**
 * Where vectors come from: the logical model `embed` of the configuration, as `ollama/NAME` or
 * `openai/NAME`. Without one, search is by words, and says so.
 */
export function embeddingOf(
  config: Config,
  environment: Record<string, string | undefined>,
): Embedding | undefined {
  const [provider, ...rest] = (config.file.models.embed ?? '').split('/')
  const model = rest.join('/')
  if (model === '') return undefined
  if (provider === 'ollama') return { provider, model, url: ollamaUrl(environment), key: undefined }
  if (provider !== 'openai') return undefined
  return {
    provider,
    model,
    url: (environment.OPENAI_BASE_URL ?? defaultOpenAi).replace(/\/$/, ''),
    key: environment.OPENAI_API_KEY,
  }
}
