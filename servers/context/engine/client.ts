import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { ErrorBody } from '../../../schemas/errors.ts'
import { HubError } from '../../../schemas/errors.ts'
import { codeRoot } from '../../kit/code-root.ts'
import type {
  ContextIndex,
  DocumentReply,
  DocumentRequest,
  IndexedSource,
  InlineDocument,
  IngestReport,
  PackReply,
  PackRequest,
  SearchReply,
  SearchRequest,
} from '../../kit/context-index.ts'
import type { Embedding } from './embedder.ts'

type Role = 'writer' | 'reader'
type Message =
  | { id: number; value?: unknown; error?: ErrorBody }
  | { event: 'changed'; source: string; report: IngestReport }
  | { event: 'problem'; message: string }
type Pending = { resolve(value: unknown): void; reject(error: unknown): void }
type Running = { worker: Worker; pending: Map<number, Pending>; ended: boolean }

type Options = { dataDir: string; log: Logger; embedding(): Embedding | undefined }

/** The context store as the hub sees it: two workers that are started by the first call for them. */
export class ContextStore implements ContextIndex {
  readonly #options: Options
  readonly #running = new Map<Role, Running>()
  readonly #followers = new Map<string, (report: IngestReport) => void>()
  readonly #configured = new Map<Role, string>()
  #nextId = 1

  constructor(options: Options) {
    this.#options = options
  }

  ingest(
    source: IndexedSource,
    documents?: InlineDocument[],
    rebuild = false,
  ): Promise<IngestReport> {
    return this.#call('writer', 'ingest', source, documents, rebuild)
  }

  async follow(source: IndexedSource, changed: (report: IngestReport) => void): Promise<void> {
    if (this.#followers.has(source.id)) return
    this.#followers.set(source.id, changed)
    await this.#call('writer', 'follow', source)
  }

  unfollow(source: string): void {
    if (!this.#followers.delete(source)) return
    this.#call('writer', 'unfollow', source).catch((error: unknown) =>
      this.#options.log.warn({ error, source }, 'a folder is still watched'),
    )
  }

  search(request: SearchRequest): Promise<SearchReply> {
    return this.#call('reader', 'search', request)
  }

  pack(request: PackRequest): Promise<PackReply> {
    return this.#call('reader', 'pack', request)
  }

  read(request: DocumentRequest): Promise<DocumentReply | undefined> {
    return this.#call('reader', 'read', request)
  }

  forget(org: string, source: string, paths?: string[]): Promise<number> {
    return this.#call('writer', 'forget', org, source, paths)
  }

  forgetOlder(org: string, source: string, beforeAt: number): Promise<number> {
    return this.#call('writer', 'forgetOlder', org, source, beforeAt)
  }

  exportTo(org: string, sources: string[], file: string): Promise<number> {
    return this.#call('reader', 'exportTo', org, sources, file)
  }

  importFrom(source: IndexedSource, file: string): Promise<IngestReport> {
    return this.#call('writer', 'importFrom', source, file)
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async ([role, { worker }]) => {
        await this.#call(role, 'stop').catch(() => undefined) // It ended by itself; that is what was wanted.
        await worker.terminate()
      }),
    )
  }

  async #call<T>(role: Role, method: string, ...args: unknown[]): Promise<T> {
    const running = this.#running.get(role) ?? this.#start(role)
    if (method !== 'stop') this.#configure(role, running)
    return this.#send<T>(running, method, args)
  }

  /** The model that makes vectors may change with the configuration; a worker hears of it before its next call. */
  #configure(role: Role, running: Running): void {
    const embedding = this.#options.embedding()
    const text = JSON.stringify(embedding ?? null)
    if (this.#configured.get(role) === text) return
    this.#configured.set(role, text)
    if (text !== 'null' || running.pending.size > 0)
      void this.#send(running, 'configure', [embedding])
  }

  #send<T>(running: Running, method: string, args: unknown[]): Promise<T> {
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      running.pending.set(id, { resolve: (value) => resolve(value as T), reject }) // The worker's method states it.
      running.worker.postMessage({ id, method, args })
    })
  }

  #start(role: Role): Running {
    const file = join(codeRoot, 'servers/context/engine/worker.ts')
    const worker = new Worker(file, {
      workerData: { folder: join(this.#options.dataDir, 'context') },
      name: `context-${role}`,
    })
    const running: Running = { worker, pending: new Map(), ended: false }
    this.#running.set(role, running)
    worker.on('message', (message: Message) => this.#take(running, message))
    const lost = (why: string, cause?: unknown) => {
      if (running.ended) return
      running.ended = true
      if (this.#running.get(role) === running) this.#running.delete(role)
      this.#configured.delete(role)
      if (role === 'writer') this.#followers.clear() // The next round of the controller follows anew.
      const error = new HubError('unavailable', `the context store stopped: ${why}`, {
        hint: 'Send the same call again; it starts anew.',
        cause,
      })
      for (const { reject } of running.pending.values()) reject(error)
    }
    worker.on('error', (error: unknown) => {
      this.#options.log.error({ error, role }, 'the context store failed')
      lost(error instanceof Error ? error.message : String(error), error)
    })
    worker.on('exit', (code) => lost(`exit code ${code}`))
    return running
  }

  #take(running: Running, message: Message): void {
    if ('event' in message) {
      if (message.event === 'changed') this.#followers.get(message.source)?.(message.report)
      else
        this.#options.log.warn(
          { why: message.message },
          'the context store could not do all of its work',
        )
      return
    }
    const waiting = running.pending.get(message.id)
    running.pending.delete(message.id)
    if (!message.error) return waiting?.resolve(message.value)
    const { code, message: text, hint, details } = message.error
    waiting?.reject(
      code === 'internal'
        ? new Error(text)
        : new HubError(code, text, {
            ...(hint === undefined ? {} : { hint }),
            ...(details ? { details } : {}),
          }),
    )
  }
}
