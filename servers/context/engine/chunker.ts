import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { codeRoot } from '../../kit/code-root.ts'
import type { Prepared, Raw } from './preparation.ts'
import { prepareAll } from './preparation.ts'

const smallDocuments = 20
const idleMs = 20_000

type Reply = { id: number; prepared?: Prepared[]; error?: string }
type Waiting = { resolve(prepared: Prepared[]): void; reject(error: unknown): void }

/**
 * Cuts a large batch into chunks in a thread of its own, which ends when it is idle; small ones, and one more while that
 * thread is at work, in this.
 */
export class Chunker {
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #nextId = 1
  #idle: NodeJS.Timeout | undefined

  chunk = (raws: Raw[]): Promise<Prepared[]> => {
    if (raws.length < smallDocuments || this.#waiting.size > 0) return prepareAll(raws)
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#start())
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ id, raws })
    })
  }

  async stop(): Promise<void> {
    clearTimeout(this.#idle)
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(join(codeRoot, 'servers/context/engine/chunker-thread.ts'), {
      name: 'context-chunker',
    })
    worker.on('message', ({ id, prepared, error }: Reply) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (prepared) waiting?.resolve(prepared)
      else waiting?.reject(new Error(error))
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this.stop(), idleMs).unref()
    })
    worker.on('error', (error) => this.#lost(worker, error))
    worker.on('exit', (code) =>
      this.#lost(worker, new Error(`the chunker ended with code ${code}`)),
    )
    return worker
  }

  #lost(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
