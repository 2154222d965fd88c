import type { Principal } from '../../schemas/principal.ts'
import { HubError } from '../../schemas/errors.ts'
import type { ChatMessage } from '../../schemas/chat.ts'
import type { AnswerPart } from '../../servers/kit/models/answer.ts'
import { namedCall } from '../discovery/named-call.ts'
import { isObject } from '../rpc/protocol.ts'
import type { ChatParts } from './parts.ts'
import type { Run } from './run.ts'
import { describe } from './tool-call.ts'

/** More calls in one step nobody reads; the model is told so. */
const maxCalls = 32

type Step = {
  principal: Principal
  model: string | undefined
  prompt: object[]
  tools: object[]
}

/** What model_generate returns of an answer that came to its end. */
type Generated = {
  finishReason: { unified: string }
  usage: { inputTokens: number; outputTokens: number }
  costUsd?: number
}

/** One call of the model, whose answer goes into the stream while it comes. Returns why it ended. */
export async function takeStep(hub: ChatParts, run: Run, step: Step): Promise<string> {
  const { principal, model, prompt, tools } = step
  run.emit({ type: 'start-step' })
  const number = run.parts.filter(({ type }) => type === 'step-start').length
  const hearing = new Hearing(hub, run, number)
  try {
    const made = (await hub.calls.tool(
      principal,
      'model_generate',
      { prompt, ...(tools.length > 0 ? { tools } : {}), ...(model === undefined ? {} : { model }) },
      {
        signal: () => AbortSignal.any([run.stop.signal, hub.stopping]),
        requestId: `${run.message}-${number}`,
        onAnswerPart: (part) => hearing.hear(part),
      },
    )) as Generated // The tool's output.
    run.usage = added(run.usage, made)
    return made.finishReason.unified
  } finally {
    hearing.end()
    run.emit({ type: 'finish-step' })
  }
}

/** Turns the pieces of one answer into those of the stream; ids are made unique within the message. */
class Hearing {
  readonly #hub: ChatParts
  readonly #run: Run
  readonly #step: number
  readonly #open = new Map<string, 'text' | 'reasoning'>()
  /** Our ids of the model's calls, which may use one id twice. */
  readonly #calls = new Map<string, string>()
  #count = 0

  constructor(hub: ChatParts, run: Run, step: number) {
    this.#hub = hub
    this.#run = run
    this.#step = step
  }

  hear(part: AnswerPart): void {
    const run = this.#run
    switch (part.type) {
      case 'answering':
        return this.#answering(part)
      case 'text-start':
      case 'reasoning-start': {
        const kind = part.type === 'text-start' ? 'text' : 'reasoning'
        const id = this.#idOf(kind, part.id)
        this.#open.set(id, kind)
        return run.emit({ type: part.type, id })
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const kind = part.type === 'text-delta' ? 'text' : 'reasoning'
        const id = this.#idOf(kind, part.id)
        if (!this.#open.has(id)) this.hear({ type: `${kind}-start`, id: part.id })
        return run.say(part.type, id, part.delta)
      }
      case 'text-end':
      case 'reasoning-end': {
        const id = this.#idOf(part.type === 'text-end' ? 'text' : 'reasoning', part.id)
        if (this.#open.delete(id)) run.emit({ type: part.type, id })
        return
      }
      case 'tool-input-start': {
        const { toolName } = part
        const toolCallId = this.#newCall(part.id)
        return run.emit({ type: 'tool-input-start', toolCallId, toolName, dynamic: true })
      }
      case 'tool-input-delta': {
        const toolCallId = this.#calls.get(part.id)
        if (toolCallId === undefined) return
        return run.emit({ type: 'tool-input-delta', toolCallId, inputTextDelta: part.delta })
      }
      case 'tool-call':
        return this.#call(part)
    }
  }

  /** Closes what the model left open. */
  end(): void {
    for (const [id, kind] of this.#open) this.#run.emit({ type: `${kind}-end`, id })
    this.#open.clear()
  }

  #answering({ model, fallbacks }: Extract<AnswerPart, { type: 'answering' }>): void {
    this.#run.tell({ model, kind: kindOf(model) })
    const [first] = fallbacks
    if (!first) return
    const text = `${model} answers: ${fallbacks.map((one) => `${one.model} did not (${one.error})`).join('; ')}`
    const id = `${this.#step}:fallback`
    this.#run.emit({
      type: 'data-notice',
      id,
      data: { kind: 'fallback', text: text.slice(0, 1000) },
    })
  }

  #call({ toolCallId: own, toolName, input }: Extract<AnswerPart, { type: 'tool-call' }>): void {
    const run = this.#run
    const toolCallId = this.#calls.get(own) ?? this.#newCall(own)
    this.#calls.delete(own) // The next with the same id is another call.
    const parsed = parseCall(toolName, input)
    const [name, args] = 'error' in parsed ? [toolName, input] : [parsed.name, parsed.input]
    const call = {
      toolCallId,
      toolName: name,
      input: args,
      dynamic: true,
      ...describe(this.#hub, name),
    } as const
    const error =
      'error' in parsed
        ? parsed.error
        : this.#count > maxCalls
          ? `invalid: at most ${maxCalls} calls are made in one step`
          : undefined
    if (error === undefined) return run.emit({ type: 'tool-input-available', ...call })
    run.emit({ type: 'tool-input-error', ...call, errorText: error })
  }

  #newCall(own: string): string {
    const id = `${this.#run.message}-${this.#step}-${++this.#count}`
    this.#calls.set(own, id)
    return id
  }

  #idOf = (kind: string, own: string) => `${this.#step}:${kind}:${own}`
}

/** The tool that is meant and its arguments; `tool_call` is taken apart here, so that people see which. */
function parseCall(
  toolName: string,
  text: string,
): { name: string; input: unknown } | { error: string } {
  let input: unknown
  try {
    input = JSON.parse(text === '' ? '{}' : text)
  } catch {
    return { error: 'invalid: the arguments are no JSON; the call was not made' }
  }
  if (!isObject(input)) return { error: 'invalid: the arguments are no JSON object' }
  if (toolName !== 'tool_call') return { name: toolName, input }
  const named = namedCall(input)
  if (named instanceof HubError) return { error: `invalid: ${named.message}. ${named.hint ?? ''}` }
  return { name: named.name, input: named.arguments }
}

function added(
  before: ChatMessage['usage'],
  { usage, costUsd }: Generated,
): NonNullable<ChatMessage['usage']> {
  const cost = costUsd === undefined ? before?.costUsd : (before?.costUsd ?? 0) + costUsd
  return {
    inputTokens: (before?.inputTokens ?? 0) + usage.inputTokens,
    outputTokens: (before?.outputTokens ?? 0) + usage.outputTokens,
    ...(cost === undefined ? {} : { costUsd: cost }),
  }
}

const kindOf = (model: string) =>
  model.startsWith('ollama/') ? 'local' : model.startsWith('scripted') ? 'scripted' : 'cloud'
