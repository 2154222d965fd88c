import { z } from 'zod'
import { toolKinds } from '../../schemas/runner.ts'
import type { ToolKind } from '../../schemas/runner.ts'
import type { Measures } from '../measures.ts'

const Kind = z.enum(toolKinds).optional().catch(undefined)
const Status = z.enum(['pending', 'in_progress', 'completed', 'failed']).optional().catch(undefined)
const Text = z.looseObject({ type: z.literal('text'), text: z.string() })
const Content = z.union([
  z.looseObject({ type: z.literal('content'), content: Text }),
  z.looseObject({ type: z.literal('diff'), path: z.string() }),
])
const Call = z.object({
  toolCallId: z.string().max(500),
  title: z.string().optional().catch(undefined),
  kind: Kind,
  status: Status,
  content: z.array(Content.or(z.unknown())).optional().catch(undefined),
})
const Step = z.object({
  content: z.string(),
  status: z.enum(['pending', 'in_progress', 'completed']).catch('pending'),
})
// What is read of https://agentclientprotocol.com/protocol/v1/schema#sessionupdate; the rest is let be.
const Update = z.discriminatedUnion('sessionUpdate', [
  z.object({
    sessionUpdate: z.enum(['agent_message_chunk', 'agent_thought_chunk']),
    content: Text,
  }),
  Call.extend({ sessionUpdate: z.enum(['tool_call', 'tool_call_update']) }),
  z.object({ sessionUpdate: z.literal('plan'), entries: z.array(Step).max(1000) }),
  z.object({
    sessionUpdate: z.literal('usage_update'),
    used: z.number(),
    size: z.number(),
    cost: z.object({ amount: z.number(), currency: z.string() }).nullish().catch(undefined),
  }),
])
type Update = z.infer<typeof Update>
type Call = z.infer<typeof Call>

/** One step of what an agent means to do, as task_progress takes it. */
export type PlannedStep = { text: string; state: z.infer<typeof Step>['status'] }

const maxSummaryChars = 7000
const maxOutputChars = 4000
const maxOpenCalls = 500

/** Turns what an agent says of its work into lines of the log, and keeps what the runner needs of it. */
export class Updates {
  readonly #say: (text: string) => Promise<void>
  readonly #onPlan: (steps: PlannedStep[]) => void
  readonly #measures: Pick<Measures, 'steps' | 'toolCalls'>
  readonly #calls = new Map<string, { title: string; kind: ToolKind; status: string }>()
  #speech = ''
  #isMidLine = false
  #speaker: string | undefined
  /** While an earlier session is loaded, the agent repeats what is in the log already. */
  muted = false
  /** Tool calls so far. */
  steps = 0
  /** How full the agent's context is, and what it says that its work has cost. */
  usage = ''

  constructor(parts: {
    say(text: string): Promise<void>
    onPlan(steps: PlannedStep[]): void
    measures: Pick<Measures, 'steps' | 'toolCalls'>
  }) {
    this.#say = parts.say
    this.#onPlan = parts.onPlan
    this.#measures = parts.measures
  }

  /** What the agent said last, since its last tool call. */
  get summary(): string {
    return this.#speech.trim().slice(-maxSummaryChars)
  }

  kindOf(toolCall: string): ToolKind | undefined {
    return this.#calls.get(toolCall)?.kind
  }

  /** Forgets what was said, because a new turn begins. */
  begin(): void {
    this.#speech = ''
  }

  async take(params: unknown): Promise<void> {
    const update = Update.safeParse((params as { update?: unknown } | undefined)?.update) // Parsed here.
    if (this.muted || !update.success) return
    const { data } = update
    switch (data.sessionUpdate) {
      case 'agent_message_chunk':
      case 'agent_thought_chunk':
        return this.#hear(data.sessionUpdate, data.content.text)
      case 'tool_call':
      case 'tool_call_update':
        return this.#takeCall(data)
      case 'plan':
        return this.#takePlan(data.entries)
      case 'usage_update': {
        const cost = data.cost ? `, ${data.cost.amount} ${data.cost.currency} so far` : ''
        this.usage = `context: ${data.used} of ${data.size} tokens${cost}`
      }
    }
  }

  /** Ends the line that the agent is in the middle of. */
  async endLine(): Promise<void> {
    if (this.#isMidLine) await this.#say('\n')
    this.#isMidLine = false
    this.#speaker = undefined
  }

  async #hear(speaker: string, text: string): Promise<void> {
    if (text === '') return
    if (this.#speaker !== speaker) await this.endLine()
    const isThought = speaker === 'agent_thought_chunk'
    if (!isThought) this.#speech = (this.#speech + text).slice(-2 * maxSummaryChars)
    const mark = isThought && this.#speaker !== speaker ? '(thinks) ' : ''
    this.#speaker = speaker
    this.#isMidLine = !text.endsWith('\n')
    await this.#say(mark + text)
  }

  async #takeCall({ toolCallId: id, title, kind, status, content }: Call): Promise<void> {
    const before = this.#calls.get(id)
    const call = {
      title: title ?? before?.title ?? id,
      kind: kind ?? before?.kind ?? 'other',
      status: status ?? before?.status ?? 'pending',
    }
    if (!before) {
      this.steps++
      this.#measures.steps++
      this.#speech = ''
      if (this.#calls.size >= maxOpenCalls) this.#calls.delete([...this.#calls.keys()][0] ?? id)
    }
    this.#calls.set(id, call)
    if (before?.status === call.status && before.title === call.title) return
    await this.endLine()
    const isOver = call.status === 'completed' || call.status === 'failed'
    if (isOver && before?.status !== call.status)
      this.#measures.toolCalls[call.status === 'completed' ? 'ok' : 'failed']++
    const output = isOver ? outputOf(content ?? []) : ''
    await this.#say(`[${call.kind}] ${oneLine(call.title)}: ${call.status}\n${output}`)
  }

  async #takePlan(entries: z.infer<typeof Step>[]): Promise<void> {
    await this.endLine()
    const marks = { pending: ' ', in_progress: '>', completed: 'x' }
    const steps = entries
      .slice(0, 50)
      .map(({ content, status }) => ({ text: oneLine(content) || '-', state: status }))
    const lines = steps.map(({ text, state }) => `[${marks[state]}] ${text}\n`)
    await this.#say(`plan:\n${lines.join('')}`)
    this.#onPlan(steps)
  }
}

/** What a tool gave, as lines: its text, and the names of files it changed. */
function outputOf(content: unknown[]): string {
  const parts = content.flatMap((part) => {
    const known = Content.safeParse(part)
    if (!known.success) return []
    return known.data.type === 'diff'
      ? `changed ${known.data.path}`
      : known.data.content.text.trim()
  })
  const text = parts.filter(Boolean).join('\n')
  const shown = text.length > maxOutputChars ? `[…]\n${text.slice(-maxOutputChars)}` : text
  return shown === '' ? '' : `${shown}\n`
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
