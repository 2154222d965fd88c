import type { McpServer } from '@agentclientprotocol/sdk'
import { HubError } from '../../schemas/errors.ts'
import type { RunnerConfig } from '../../schemas/runner.ts'
import type { Work } from '../attempt.ts'
import { Permissions } from './permissions.ts'
import { startProgram } from './program.ts'
import { Progress } from './progress.ts'
import type { TurnEnd } from './session.ts'
import { Session } from './session.ts'
import { Terminals } from './terminals.ts'
import type { turnJournal } from './turns.ts'
import { Updates } from './updates.ts'

type Parts = {
  runner: string
  config: RunnerConfig
  /** Whether the hub counts the agent's model calls itself. */
  usesHub: boolean
  root: string
  journal: ReturnType<typeof turnJournal>
}

/** The turns of an external agent in one attempt, through whichever of its programs runs. */
export class Conversation {
  readonly #work: Work
  readonly #parts: Parts
  readonly #updates: Updates
  readonly #permissions: Permissions
  readonly #terminals: Terminals
  readonly #progress: Progress
  #session: Session | undefined
  #tokens = 0

  constructor(work: Work, parts: Parts) {
    const { lease, signal } = work
    this.#work = work
    this.#parts = parts
    this.#progress = new Progress(lease)
    this.#updates = new Updates({
      say: (text) => lease.log.write('agent', Buffer.from(text)),
      onPlan: (steps) => this.#progress.report(steps),
      measures: lease.measures,
    })
    this.#permissions = new Permissions(lease, parts.config, {
      root: parts.root,
      kindOf: (call) => this.#updates.kindOf(call),
    })
    const { timeoutMs } = lease.task
    this.#terminals = new Terminals({ root: parts.root, log: lease.log, signal, timeoutMs })
  }

  get id(): string | undefined {
    return this.#session?.id
  }

  get steps(): number {
    return this.#updates.steps
  }

  get summary(): string {
    return this.#updates.summary
  }

  takeRefusals(): string[] {
    return this.#permissions.takeRefusals()
  }

  /** Starts the program; returns whether it remembers the session `earlier`. */
  async open(earlier: string | undefined): Promise<boolean> {
    const { lease, folder, signal } = this.#work
    const { config, root, journal, runner } = this.#parts
    const { token } = await lease.call<{ token: string }>('credential_lend')
    const url = lease.hub.url()
    const program = await startProgram(config, {
      cwd: root,
      folder,
      hub: { models: `${url}/v1`, key: token, model: lease.task.model ?? 'default' },
      onError: (bytes) => lease.log.write('err', bytes),
    })
    const tools: McpServer = {
      type: 'http',
      name: 'switchyard',
      url: `${url}/mcp?view=lean`,
      headers: [{ name: 'Authorization', value: `Bearer ${token}` }],
    }
    try {
      this.#session = await Session.open(
        {
          program,
          lease,
          signal,
          root,
          config,
          updates: this.#updates,
          permissions: this.#permissions,
          terminals: this.#terminals,
          tools: config.tools ? tools : undefined,
        },
        earlier,
      )
    } catch (error) {
      await program.stop()
      throw error
    }
    const { id, isContinued } = this.#session
    await lease.log.say(`${isContinued ? 'continuing' : 'new'} session of ${runner}`)
    if (!isContinued) await journal.add({ kind: 'session', session: id })
    return isContinued
  }

  /** One turn, on record before and after. */
  async turn(text: string, messages: number[]): Promise<TurnEnd> {
    const { lease } = this.#work
    const { journal } = this.#parts
    if (!this.#session) throw new HubError('conflict', 'the agent has no session')
    await journal.add({ kind: 'asked', text, messages })
    const startedAt = performance.now()
    const end = await this.#session.turn(text)
    await this.#progress.settle()
    if (this.#updates.usage !== '') await lease.log.say(this.#updates.usage)
    if (end.usage) await this.#count(end.usage, Math.round(performance.now() - startedAt))
    await journal.add({ kind: 'ended', stop: end.stop })
    return end
  }

  async close(): Promise<void> {
    await this.#session?.close()
  }

  async #count(
    { inputTokens, outputTokens }: { inputTokens: number; outputTokens: number },
    latencyMs: number,
  ): Promise<void> {
    const { lease, signal } = this.#work
    const { runner, usesHub } = this.#parts
    const { model, params } = lease.task
    if (!usesHub)
      await lease.hub.call(
        'usage_report',
        {
          runner,
          model: model ?? 'default',
          input_tokens: inputTokens,
          output_tokens: outputTokens,
          latency_ms: latencyMs,
        },
        { signal },
      )
    lease.measures.used({ inputTokens, outputTokens })
    this.#tokens += inputTokens + outputTokens
    const limit = Number(params.maxTokens)
    if (this.#tokens > limit)
      throw new HubError(
        'exhausted',
        `the attempt used ${this.#tokens} tokens; its limit is ${limit}`,
      )
  }
}
