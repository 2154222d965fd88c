import type { Task } from '../schemas/task.ts'
import type { Artifact } from '../schemas/artifact.ts'
import { HubError } from '../schemas/errors.ts'
import type { HubClient } from './hub-client.ts'
import { LogWriter } from './log-writer.ts'
import type { Measures } from './measures.ts'

export type Granted = {
  task: Task
  attempt: string
  number: number
  fence: number
  leaseMs: number
  token: string
  logPosition: number
  /** What is left of the time that the task may take. */
  timeLeftMs?: number
}

export type Message = { seq: number; author: string; body: string; interrupt?: boolean }

/**
 * A claimed task while it is held: heartbeats run in the background, and `signal` aborts the moment
 * the lease is lost, the task is canceled, or the agent is told to stop.
 */
export class Lease {
  readonly task: Task
  readonly number: number
  readonly fence: number
  readonly hub: HubClient
  readonly log: LogWriter
  readonly signal: AbortSignal
  readonly measures: Measures
  readonly #abort = new AbortController()
  readonly #leaseMs: number
  readonly #messages: Message[] = []
  #told: ReadonlySet<number> = new Set()
  #lastMessage = 0
  #listener: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined

  constructor(hub: HubClient, granted: Granted, stop: AbortSignal, measures: Measures) {
    this.task = granted.task
    this.number = granted.number
    this.fence = granted.fence
    this.measures = measures
    measures.attempt = granted.number
    this.hub = hub.withToken(granted.token)
    this.#leaseMs = granted.leaseMs
    this.signal = AbortSignal.any([this.#abort.signal, stop])
    const at = { task: granted.task.id, fence: granted.fence, position: granted.logPosition }
    this.log = new LogWriter(this.hub, at, this.signal)
  }

  /** The first heartbeat tells the hub that work begins; the rest follow by themselves. */
  async begin(): Promise<void> {
    await this.#beat()
    this.#schedule()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#abort.abort(new HubError('canceled', 'the attempt is over'))
  }

  /** Calls a tool about this task, with its fencing number. */
  call<T>(tool: string, args: Record<string, unknown> = {}): Promise<T> {
    return this.hub.call<T>(
      tool,
      { task: this.task.id, fence: this.fence, ...args },
      { signal: this.signal },
    )
  }

  keep(name: string, text: string, mediaType: string): Promise<Artifact> {
    return this.call<Artifact>('artifact_create', { name, media_type: mediaType, data: text })
  }

  keepBytes(name: string, bytes: Buffer, mediaType: string): Promise<Artifact> {
    const data = bytes.toString('base64')
    return this.call<Artifact>('artifact_create', {
      name,
      media_type: mediaType,
      encoding: 'base64',
      data,
    })
  }

  /** Messages from people that have not been taken yet. */
  takeMessages(): Message[] {
    return this.#messages.splice(0)
  }

  /** Leaves out messages that an earlier attempt passed on. */
  skipMessages(told: Set<number>): void {
    this.#told = told
    this.#messages.splice(0, Infinity, ...this.#messages.filter(({ seq }) => !told.has(seq)))
  }

  /** Whether one of them should end what the agent is doing now. */
  get isInterrupted(): boolean {
    return this.#messages.some(({ interrupt }) => interrupt === true)
  }

  /** Has `listener` called when messages arrive, until another one takes its place. */
  onMessages(listener: () => void): void {
    this.#listener = listener
  }

  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        this.#beat().then(
          () => this.#schedule(),
          (error: unknown) => this.#abort.abort(error),
        )
      },
      Math.max(100, Math.min(2000, this.#leaseMs / 4)),
    )
    this.#timer.unref()
  }

  async #beat(): Promise<void> {
    const { messages } = await this.call<{ messages: Message[] }>('task_heartbeat', {
      messages_after: this.#lastMessage,
    })
    this.measures.beat()
    this.#messages.push(...messages.filter(({ seq }) => !this.#told.has(seq)))
    this.#lastMessage = messages.at(-1)?.seq ?? this.#lastMessage
    if (messages.length > 0) this.#listener()
  }
}
