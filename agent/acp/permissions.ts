import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { Approval } from '../../schemas/approval.ts'
import type { RunnerConfig, ToolKind } from '../../schemas/runner.ts'
import { permissionFor } from '../../schemas/runner.ts'
import type { Lease } from '../lease.ts'

const waitMs = 45_000
const maxDetailChars = 60_000

/**
 * Answers an agent's requests for permission: by the runner's configuration where that says so, else
 * by a person. One question is put at a time, because the task waits for one answer at a time.
 */
export class Permissions {
  readonly #lease: Lease
  readonly #config: RunnerConfig
  readonly #kindOf: (toolCall: string) => ToolKind | undefined
  readonly #root: string
  #last: Promise<unknown> = Promise.resolve()
  #open = 0
  #listener: () => void = () => undefined
  /** Why people said no, for the agent to read: the protocol's own answer has no room for it. */
  readonly #refusals: string[] = []

  constructor(
    lease: Lease,
    config: RunnerConfig,
    at: { root: string; kindOf: (toolCall: string) => ToolKind | undefined },
  ) {
    this.#lease = lease
    this.#config = config
    this.#kindOf = at.kindOf
    this.#root = at.root
  }

  /** Whether a question waits for its answer. */
  get isWaiting(): boolean {
    return this.#open > 0
  }

  /** Has `listener` called when a question is answered, until another one takes its place. */
  onAnswer(listener: () => void): void {
    this.#listener = listener
  }

  /** What was refused since the last time, and why. */
  takeRefusals(): string[] {
    return this.#refusals.splice(0)
  }

  async answer(
    { toolCall, options }: RequestPermissionRequest,
    signal: AbortSignal,
  ): Promise<RequestPermissionResponse> {
    const kind = toolCall.kind ?? this.#kindOf(toolCall.toolCallId) ?? 'other'
    const title = (toolCall.title ?? toolCall.toolCallId).replaceAll(`${this.#root}/`, '')
    const policy = permissionFor(this.#config, kind)
    const isAllowed =
      policy === 'ask' ? await this.#ask(kind, title, toolCall, signal) : policy === 'allow'
    if (policy === 'deny') this.#refusals.push(`${title}: this runner may not ${kind}`)
    const wanted = isAllowed ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always']
    const option = wanted.flatMap((one) => options.filter(({ kind: each }) => each === one))[0]
    return option === undefined
      ? { outcome: { outcome: 'cancelled' } }
      : { outcome: { outcome: 'selected', optionId: option.optionId } }
  }

  #ask(
    kind: ToolKind,
    title: string,
    toolCall: RequestPermissionRequest['toolCall'],
    signal: AbortSignal,
  ): Promise<boolean> {
    this.#open++
    const asked = this.#last
      .then(() => this.#putQuestion(kind, title, toolCall, signal))
      .finally(() => {
        this.#open--
        this.#listener()
      })
    this.#last = asked.catch(() => undefined) // Whoever asked hears of it; the next one is asked all the same.
    return asked
  }

  async #putQuestion(
    kind: ToolKind,
    title: string,
    toolCall: RequestPermissionRequest['toolCall'],
    signal: AbortSignal,
  ): Promise<boolean> {
    signal.throwIfAborted()
    const lease = this.#lease
    const { id } = await lease.call<Approval>('approval_request', {
      question:
        `May the agent ${kind === 'other' ? 'do this' : kind.replace('_', ' ')}: ${title}`.slice(
          0,
          2000,
        ),
      details: detailsOf(kind, toolCall),
    })
    for (;;) {
      const { items } = await lease.hub.call<{ items: Approval[] }>(
        'approval_list',
        { approval: id, wait_ms: waitMs },
        { signal: lease.signal },
      )
      const answer = items[0]
      if (answer?.state === 'pending') continue
      const by = answer?.decidedBy ?? 'nobody'
      const reason = answer?.reason === undefined ? '' : `: ${answer.reason}`
      await lease.log.say(`${title}: ${answer?.state ?? 'void'} by ${by}${reason}`)
      if (answer?.state === 'approved') return true
      this.#refusals.push(`${title}: ${by} said no${reason}`)
      return false
    }
  }
}

/** Everything that the agent says of the call, in full up to a bound that is said. */
function detailsOf(
  kind: ToolKind,
  { toolCallId, title, rawInput, content, locations }: RequestPermissionRequest['toolCall'],
): Record<string, unknown> {
  const all = { toolCall: toolCallId, kind, title, input: rawInput, content, locations }
  const text = JSON.stringify(all)
  if (text.length <= maxDetailChars) return JSON.parse(text) as Record<string, unknown> // Just written.
  const rest = `[cut: ${text.length} characters in all]`
  return { toolCall: toolCallId, kind, title, text: text.slice(0, maxDetailChars), rest }
}
