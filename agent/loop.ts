import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { ModelMessage, ToolSet } from 'ai'
import { generateText, isStepCount } from 'ai'
import { HubError } from '../schemas/errors.ts'
import type { Journal } from './journal.ts'
import type { Message } from './lease.ts'
import type { Measures } from './measures.ts'

export type LoopLimits = { maxSteps: number; maxTokens: number }
export type LoopEnd = {
  summary: string
  steps: number
  tokens: number
  /** The whole conversation, of earlier attempts too. */
  messages: ModelMessage[]
}

const repeatLimit = 4

/**
 * Model and tools in turn until the work is finished or a limit is reached. Each step is journalled
 * before the next, so an interrupted loop resumes; messages from people are taken in between steps.
 */
export async function runLoop(options: {
  model: LanguageModelV4
  tools: ToolSet
  instructions: string
  request: string
  journal: Journal
  limits: LoopLimits
  signal: AbortSignal
  measures: Measures
  takeMessages(): Message[]
  finished(): string | undefined
  say(text: string): Promise<void>
}): Promise<LoopEnd> {
  const { model, tools, instructions, journal, limits, signal, measures, finished, say } = options
  const { messages, seen, state } = await resume(options.request, journal)
  if (state.finished !== undefined) return { ...state, messages, summary: state.finished }
  if (state.steps > 0) await say(`resuming after step ${state.steps}`)
  const calls: string[] = []
  while (state.steps < limits.maxSteps) {
    for (const { seq, author, body } of options.takeMessages()) {
      if (seen.has(seq)) continue
      await say(`message from ${author}: ${body}`)
      const note: ModelMessage = { role: 'user', content: `${author} says: ${body}` }
      messages.push(note)
      await journal.add({ kind: 'messages', messages: [note], tokens: 0 })
      await journal.add({ kind: 'seen', message: seq })
    }
    const step = await generateText({
      model,
      instructions,
      messages,
      tools,
      stopWhen: isStepCount(1),
      abortSignal: signal,
      maxRetries: 0,
    })
    signal.throwIfAborted()
    state.steps++
    measures.steps++
    for (const { type } of step.content) {
      if (type === 'tool-result') measures.toolCalls.ok++
      if (type === 'tool-error') measures.toolCalls.failed++
    }
    state.tokens += step.usage.totalTokens ?? 0
    const added = step.response.messages as ModelMessage[] // The library's own messages, as it takes them back.
    messages.push(...added)
    await journal.add({ kind: 'messages', messages: added, tokens: step.usage.totalTokens ?? 0 })
    const summary = finished()
    if (summary !== undefined) {
      await journal.add({ kind: 'finished', summary })
      return { ...state, messages, summary }
    }
    if (step.toolCalls.length === 0) {
      throw new HubError(
        'exhausted',
        `the model stopped without finishing: ${step.text.trim().slice(0, 1000) || 'it said nothing'}`,
      )
    }
    refuseRepetition(
      calls,
      JSON.stringify(step.toolCalls.map(({ toolName, input }) => [toolName, input])),
    )
    if (state.tokens > limits.maxTokens)
      throw new HubError(
        'exhausted',
        `the attempt used ${state.tokens} tokens; its limit is ${limits.maxTokens}`,
      )
  }
  throw new HubError('exhausted', `the attempt took ${limits.maxSteps} steps without finishing`)
}

async function resume(request: string, journal: Journal) {
  const messages: ModelMessage[] = []
  const seen = new Set<number>()
  const state = { steps: 0, tokens: 0, finished: undefined as string | undefined }
  for (const entry of await journal.read()) {
    if (entry.kind === 'messages') {
      messages.push(...entry.messages)
      state.tokens += entry.tokens
      if (entry.messages[0]?.role === 'assistant') state.steps++
    } else if (entry.kind === 'seen') seen.add(entry.message)
    else state.finished = entry.summary
  }
  if (messages.length === 0) {
    const first: ModelMessage = { role: 'user', content: request }
    messages.push(first)
    await journal.add({ kind: 'messages', messages: [first], tokens: 0 })
  }
  return { messages, seen, state }
}

/** A model that makes the same call over and over is stuck, and every further step is wasted. */
function refuseRepetition(calls: string[], call: string): void {
  calls.push(call)
  const last = calls.slice(-repeatLimit)
  if (last.length === repeatLimit && last.every((other) => other === call)) {
    throw new HubError(
      'exhausted',
      `the model made the same call ${repeatLimit} times in a row: ${call.slice(0, 300)}`,
    )
  }
}
