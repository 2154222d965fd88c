import type { ChatMessage } from '../../schemas/chat.ts'
import type { ChatPart, ToolPart } from '../../schemas/chat-part.ts'
import type { FinishReason } from '../../schemas/chat-stream.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { textOf } from './assemble.ts'
import { DataMarks } from './data.ts'
import { instructionsFor } from './instructions.ts'
import { lookUp } from './lookups.ts'
import { takeStep } from './model-step.ts'
import type { ChatParts } from './parts.ts'
import { picturesOf } from './pictures.ts'
import type { Said } from './prompt.ts'
import { promptOf } from './prompt.ts'
import type { Run } from './run.ts'
import { describe } from './tool-call.ts'
import { Detached, carryOut } from './tool-step.ts'
import { typedArguments, typedCall } from './typed-call.ts'

const repeatLimit = 4
/** An answer of more characters than this is ended: it is written whole at every save. */
const maxAnswerChars = 4_000_000

/** How an answer ended; `detached` is none yet: the next process goes on with it. */
export type Ended =
  | { state: 'done' | 'stopped' | 'interrupted'; finishReason: FinishReason }
  | { state: 'failed'; finishReason: 'error'; error: NonNullable<ChatMessage['error']> }
  | { state: 'detached' }

export type Question = {
  conversation: string
  org: string
  /** The messages before the answer, oldest first; the last one is answered. */
  branch(): Promise<Said[]>
  /** What was said to go into the answer at its next step. */
  steering(): Promise<{ id: string; text: string }[]>
  /** Forgets what the answer has on record. */
  taken(ids: string[]): Promise<void>
}

/** Answers a request: model and tools in turn until there is nothing left to call. */
export async function answer(hub: ChatParts, run: Run, question: Question): Promise<Ended> {
  try {
    const finishReason = await answerAll(hub, run, question)
    return { state: 'done', finishReason }
  } catch (error) {
    if (error instanceof Detached) return { state: 'detached' }
    if (run.stop.signal.aborted) return { state: 'stopped', finishReason: 'other' }
    if (hub.closing.aborted) return { state: 'interrupted', finishReason: 'other' }
    if (!(error instanceof HubError)) hub.log.error({ error }, 'an answer failed unexpectedly')
    const known =
      error instanceof HubError
        ? error
        : new HubError('internal', 'the answer failed inside the hub')
    const { code, message, hint } = known
    const body = { code, message: message.slice(0, 4000), ...(hint ? { hint } : {}) }
    return { state: 'failed', finishReason: 'error', error: body }
  }
}

async function answerAll(hub: ChatParts, run: Run, question: Question): Promise<FinishReason> {
  const { conversation, org } = question
  const branch = await question.branch()
  const { principal: person, page, model } = run.asked
  const signal = AbortSignal.any([run.stop.signal, hub.stopping])
  const request = branch.at(-1)?.parts ?? []
  const typed = typedCall(textOf(request))
  const by = typed ? 'person' : 'assistant'
  const principal: Principal = { ...person, chat: { conversation, org, by } }
  if (typed) return answerTyped(hub, run, principal, typed)
  const policy = hub.config().file.orgs[org]?.chat
  const maxSteps = policy?.maxSteps ?? 16
  if (run.parts.length === 0) {
    const found = await lookUp(hub, { principal, request, page, signal })
    if (found.length > 0) run.emit({ type: 'data-context', id: 'context', data: found })
  }
  for (;;) {
    await carryOutAll(hub, run, principal)
    const isSteered = await steer(run, question)
    if (hub.closing.aborted) throw new HubError('unavailable', 'the hub is shutting down')
    if (!isSteered && !needsStep(run.parts)) return 'stop'
    if (stepsOf(run.parts) >= maxSteps) {
      const text = `The answer ended after ${maxSteps} steps; say "go on" to have it continued.`
      run.emit({ type: 'data-notice', id: 'steps', data: { kind: 'steps', text } })
      return 'tool-calls'
    }
    refuseRepetition(run.parts)
    const prompt = await prepare(hub, run, {
      principal,
      question,
      branch,
      own: policy?.instructions,
    })
    // It is the person who asks the model; the calls it then makes are the assistant's.
    const reason = await takeStep(hub, run, {
      principal: person,
      model: model ?? policy?.model,
      ...prompt,
    })
    await run.save()
    if (reason === 'length' || reason === 'content-filter') {
      if (!hasOpenCalls(run.parts)) return endedEarly(run, reason)
    }
  }
}

/** The one call that a person typed; no model takes part. */
async function answerTyped(
  hub: ChatParts,
  run: Run,
  principal: Principal,
  typed: NonNullable<ReturnType<typeof typedCall>>,
): Promise<FinishReason> {
  const { name: toolName } = typed
  if (run.parts.length === 0) {
    run.tell({ kind: 'tool' })
    const schema = hub.catalog.visible(principal).find(({ name }) => name === toolName)?.inputSchema
    // An unknown name goes on its way, to be refused and put on record as from any door; that it is wrong
    // is said before anything is said of its arguments.
    const isThere = hub.registry.get(toolName) ?? hub.upstreams.offers.tools.get(toolName)
    const input = isThere ? typedArguments(typed, schema ?? {}) : {}
    const known = describe(hub, toolName)
    const toolCallId = `${run.message}-0-1`
    run.emit({ type: 'tool-input-available', toolCallId, toolName, input, dynamic: true, ...known })
  }
  await carryOutAll(hub, run, principal)
  return 'stop'
}

/** Makes the calls that were asked for and not made yet, one after another. */
async function carryOutAll(hub: ChatParts, run: Run, principal: Principal): Promise<void> {
  for (const part of openCalls(run.parts)) {
    run.stop.signal.throwIfAborted()
    await carryOut(hub, run, part, principal)
    run.stop.signal.throwIfAborted()
    await run.save()
  }
}

/** Takes in what was said meanwhile. Killed in between, it is in the answer and is not taken in again. */
async function steer(run: Run, { steering, taken }: Question): Promise<boolean> {
  const said = await steering()
  if (said.length === 0) return false
  for (const { id, text } of said)
    run.emit({ type: 'steering-message', id, parts: [{ type: 'text', text }] })
  await run.save()
  await taken(said.map(({ id }) => id))
  return true
}

async function prepare(
  hub: ChatParts,
  run: Run,
  {
    principal,
    question,
    branch,
    own,
  }: { principal: Principal; question: Question; branch: Said[]; own: string | undefined },
): Promise<{ prompt: object[]; tools: object[] }> {
  const { conversation, org } = question
  const marks = new DataMarks(hub.key, conversation)
  const tools = leanTools(hub, principal)
  const listed = new Set(tools.map(({ name }) => name))
  const said: Said[] = [...branch, { role: 'assistant', parts: run.parts }]
  const pictures = await picturesOf(hub.dataDir, said)
  const { messages, isCut } = promptOf(said, { marks, listed, pictures })
  if (isCut && !run.parts.some((part) => part.type === 'data-notice' && part.id === 'history')) {
    const text =
      'The first messages of this conversation were left out: the model reads only the last ones.'
    run.emit({ type: 'data-notice', id: 'history', data: { kind: 'history', text } })
  }
  const day = new Date(hub.now()).toISOString().slice(0, 10)
  const content = instructionsFor({ principal, org, mark: marks.name, day, own })
  return { prompt: [{ role: 'system', content }, ...messages], tools }
}

/** What any client is shown in the lean view, in the form that models take. */
function leanTools(hub: ChatParts, principal: Principal): { type: 'function'; name: string }[] {
  const text = hub.catalog.text(principal, { lean: true }, hub.upstreams.offers)
  const listed = JSON.parse(text) as { name: string; description: string; inputSchema: object }[] // Its own.
  return listed.map(({ name, description, inputSchema }) => ({
    type: 'function',
    ...{ name, description, inputSchema },
  }))
}

/** A model that makes the same call over and over is stuck, and every further step is paid for. */
function refuseRepetition(parts: readonly ChatPart[]): void {
  if (JSON.stringify(parts).length > maxAnswerChars)
    throw new HubError('exhausted', 'this answer has become too long to be kept', {
      hint: 'Ask for the rest in a new message.',
    })
  const calls = parts.flatMap((part) =>
    part.type === 'dynamic-tool' ? [JSON.stringify([part.toolName, part.input])] : [],
  )
  const last = calls.slice(-repeatLimit)
  if (last.length === repeatLimit && last.every((call) => call === last[0]))
    throw new HubError(
      'exhausted',
      `the model made the same call ${repeatLimit} times in a row: ${last[0]?.slice(0, 300)}`,
    )
}

function endedEarly(run: Run, reason: 'length' | 'content-filter'): FinishReason {
  const [kind, text] =
    reason === 'length'
      ? (['length', 'The answer reached the most that the model may write.'] as const)
      : (['filter', 'The provider of the model withheld the answer.'] as const)
  run.emit({ type: 'data-notice', id: kind, data: { kind, text } })
  return reason
}

const openCalls = (parts: readonly ChatPart[]): ToolPart[] =>
  parts.filter(
    (part): part is ToolPart =>
      part.type === 'dynamic-tool' &&
      (part.state === 'input-available' || part.state.startsWith('approval-')),
  )

const hasOpenCalls = (parts: readonly ChatPart[]): boolean => openCalls(parts).length > 0

const stepsOf = (parts: readonly ChatPart[]): number =>
  parts.filter(({ type }) => type === 'step-start').length

/** Whether the model has not answered yet, or has not seen what its last calls returned. */
function needsStep(parts: readonly ChatPart[]): boolean {
  const last = parts.findLastIndex(({ type }) => type === 'step-start')
  return last < 0 || parts.slice(last).some(({ type }) => type === 'dynamic-tool')
}
