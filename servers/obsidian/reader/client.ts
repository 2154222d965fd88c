import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { HubError } from '../../../schemas/errors.ts'
import { codeRoot } from '../../kit/code-root.ts'
import type { FromReader, JobKind, Jobs, ToReader } from './messages.ts'

type Waiting = { resolve(answer: Jobs[JobKind]['answer']): void; reject(error: unknown): void }

/**
 * The thread that reads and searches notes for all vaults of this process. It is started by the
 * first job and keeps nothing that cannot be read again: after a loss its `generation` is another,
 * and whoever had notes read has them read anew.
 */
class Reader {
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #nextId = 1
  generation = 0

  /** Has a job done; an abort ends it. */
  async ask<K extends JobKind>(
    kind: K,
    asked: Jobs[K]['asked'],
    signal?: AbortSignal,
  ): Promise<Jobs[K]['answer']> {
    signal?.throwIfAborted()
    const worker = (this.#worker ??= this.#begin())
    const id = this.#nextId++
    const cancel = () => worker.postMessage({ kind: 'cancel', id } satisfies ToReader)
    signal?.addEventListener('abort', cancel, { once: true })
    worker.ref()
    try {
      return await new Promise<Jobs[K]['answer']>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        worker.postMessage({ kind, id, asked })
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
      if (this.#waiting.size === 0) worker.unref()
    }
  }

  forget(vault: number, paths: string[] | 'all'): void {
    this.#worker?.postMessage({ kind: 'forget', vault, paths } satisfies ToReader)
  }

  /** Starts it unless it runs, and says which one it is. */
  start(): number {
    this.#worker ??= this.#begin()
    return this.generation
  }

  #begin(): Worker {
    this.generation++
    const worker = new Worker(join(codeRoot, 'servers/obsidian/reader/worker.ts'), {
      name: 'note-reader',
    })
    worker.unref()
    worker.on('message', (message: FromReader) => this.#take(message))
    worker.on('error', (error) => this.#lost(worker, error))
    worker.on('exit', (code) => this.#lost(worker, new Error(`it ended with code ${code}`)))
    return worker
  }

  #take(message: FromReader): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    switch (message.state) {
      case 'done':
        return waiting?.resolve(message.answer)
      case 'refused': {
        const { code, message: text, ...more } = message.error
        return waiting?.reject(new HubError(code, text, more))
      }
      case 'broken':
        return waiting?.reject(message.error)
    }
  }

  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.generation++
    const error = new HubError('unavailable', 'the reader of notes stopped', {
      hint: 'Send the same call again; it starts anew.',
      cause,
    })
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

export const reader = new Reader()
