import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { Config } from '../../../schemas/config.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import type { AnswerPart, StreamedAnswer } from './answer.ts'
import { Breaker } from './breaker.ts'
import { hasPictures, takesPictures, withoutEarlier } from './pictures.ts'
import { listModels, openModel } from './providers.ts'
import { readStream, reasonOf } from './read-stream.ts'

export type ModelEntry = { name: string; provider: string; kind: 'local' | 'cloud' | 'scripted' }

export type Generated = StreamedAnswer & {
  provider: string
  model: string
  latencyMs: number
  /** Models that were tried before and failed, with what they said. */
  fallbacks: { model: string; error: string }[]
}

type Trial = {
  candidates: string[]
  options: LanguageModelV4CallOptions
  now(): number
  ask(asked: {
    model: LanguageModelV4
    name: string
    options: LanguageModelV4CallOptions
    fallbacks: Generated['fallbacks']
  }): Promise<StreamedAnswer>
}

/** Language models by name: `provider/name`, a logical name of the configuration, or the default. */
export class Models {
  readonly #config: () => Config
  readonly #environment: Record<string, string | undefined>
  readonly #open = new Map<string, LanguageModelV4>()
  readonly #breaker = new Breaker()

  constructor(config: () => Config, environment: Record<string, string | undefined>) {
    this.#config = config
    this.#environment = environment
  }

  list(): Promise<ModelEntry[]> {
    return listModels(this.#environment)
  }

  /** Whether a task that needs a model can be taken; says what to set when it cannot. */
  assertUsable(name: string | undefined): void {
    const wanted = this.#named(name)
    if (wanted !== undefined) return this.#assertProvider(wanted)
    if (
      this.#environment.OLLAMA_HOST ||
      this.#environment.OPENAI_API_KEY ||
      this.#environment.OPENAI_BASE_URL
    )
      return
    throw new HubError('unavailable', 'no language model is configured', {
      hint: 'Start the hub with OLLAMA_HOST, or OPENAI_API_KEY / OPENAI_BASE_URL. For a dry run without a model pass model "scripted", which only knows simple repairs.',
    })
  }

  /** The models that a name stands for, in the order in which they are tried. */
  async candidates(name: string | undefined): Promise<string[]> {
    this.assertUsable(name)
    const wanted = this.#named(name)
    if (wanted !== undefined) return [wanted]
    // Local first, then cloud; never the scripted one unless it is asked for by name.
    const all = (await this.list()).filter((entry) => entry.kind !== 'scripted')
    const firstOf = (kind: ModelEntry['kind']) => all.find((entry) => entry.kind === kind)?.name
    return [firstOf('local'), firstOf('cloud')].filter((model) => model !== undefined)
  }

  /**
   * One completion. A failing model is followed by the next candidate, before any token is used; one
   * that failed again and again is not asked for a while.
   */
  generate(
    candidates: string[],
    options: LanguageModelV4CallOptions,
    now: () => number,
  ): Promise<Generated> {
    const ask: Trial['ask'] = async ({ model, options: own }) => ({
      result: await model.doGenerate(own),
    })
    return this.#tryEach({ candidates, options, now, ask })
  }

  /**
   * The same for who reads the answer while it comes. Once a piece has come no other model is asked:
   * what breaks an answer off after that is returned with it.
   */
  stream(
    candidates: string[],
    options: LanguageModelV4CallOptions,
    { clock, onPart }: { clock: Clock; onPart(part: AnswerPart): void },
  ): Promise<Generated> {
    return this.#tryEach({
      candidates,
      options,
      now: () => clock.now(),
      ask: ({ model, name, options: own, fallbacks }) =>
        readStream(model, own, {
          clock,
          onPart,
          onFirst: () => onPart({ type: 'answering', model: name, fallbacks: [...fallbacks] }),
        }),
    })
  }

  async #tryEach({ candidates, options, now, ask }: Trial): Promise<Generated> {
    const fallbacks: Generated['fallbacks'] = []
    const blind: string[] = []
    for (const candidate of candidates) {
      const startedAt = now()
      const restMs = this.#breaker.restMs(candidate, startedAt)
      if (restMs > 0) {
        const error = `it failed several times in a row and is asked again in ${Math.ceil(restMs / 1000)} s`
        fallbacks.push({ model: candidate, error })
        continue
      }
      const own = await this.#fitted(candidate, options)
      if (!own) {
        blind.push(candidate)
        fallbacks.push({ model: candidate, error: 'it takes no pictures' })
        continue
      }
      try {
        const model = await this.#model(candidate)
        const answer = await ask({ model, name: candidate, options: own, fallbacks })
        if (answer.broken && answer.broken.code !== 'canceled')
          this.#breaker.failed(candidate, answer.broken, now())
        else this.#breaker.succeeded(candidate)
        return {
          ...answer,
          provider: model.provider,
          model: candidate,
          latencyMs: now() - startedAt,
          fallbacks,
        }
      } catch (error) {
        if (options.abortSignal?.aborted)
          throw new HubError('canceled', 'the model call was stopped', { cause: error })
        this.#breaker.failed(candidate, error, now())
        fallbacks.push({ model: candidate, error: reasonOf(error) })
      }
    }
    if (blind.length === candidates.length)
      throw new HubError('unsupported', `${blind.join(' and ')} can see no pictures`, {
        hint: 'Choose a model that can, or say it without the picture.',
      })
    throw new HubError(
      'unavailable',
      `no model answered: ${fallbacks.map((f) => `${f.model}: ${f.error}`).join('; ')}`,
      {
        hint: 'Check that the model server runs and has the model; `switchyard call model_list` shows what is reachable.',
      },
    )
  }

  /** What a model is asked as far as it can see; undefined where it could not see what this is about. */
  async #fitted(
    name: string,
    options: LanguageModelV4CallOptions,
  ): Promise<LanguageModelV4CallOptions | undefined> {
    if (!hasPictures(options.prompt)) return options
    if ((await takesPictures(name, this.#environment)) !== false) return options
    const prompt = withoutEarlier(options.prompt)
    return hasPictures(prompt) ? undefined : { ...options, prompt }
  }

  #named(name: string | undefined): string | undefined {
    const config = this.#config()
    const wanted = name ?? (config.model || undefined)
    return wanted === undefined ? undefined : (config.file.models[wanted] ?? wanted)
  }

  #assertProvider(model: string): void {
    const provider = model.split('/')[0] ?? ''
    if (['ollama', 'openai', 'scripted'].includes(provider)) return
    throw new HubError('invalid', `model ${JSON.stringify(model)} names no known provider`, {
      hint: 'Use ollama/NAME, openai/NAME, scripted, or a name under `models` in switchyard.json.',
    })
  }

  async #model(name: string): Promise<LanguageModelV4> {
    const open = this.#open.get(name) ?? (await openModel(name, this.#environment))
    this.#open.set(name, open)
    return open
  }
}
