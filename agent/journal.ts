import { open, readFile } from 'node:fs/promises'
import type { ModelMessage } from 'ai'

export type Entry =
  | { kind: 'messages'; messages: ModelMessage[]; tokens: number }
  | { kind: 'seen'; message: number }
  | { kind: 'finished'; summary: string }

/**
 * The steps of an attempt, a JSON line each, on disk before the next step begins. An attempt that
 * was interrupted goes on from here instead of from the start.
 */
export class Journal {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** What is on record. A line that a crash cut off is the last one and counts as not written. */
  async read(): Promise<Entry[]> {
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    return whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry) // Written below.
  }

  async add(entry: Entry): Promise<void> {
    const handle = await open(this.#file, 'a', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(entry)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
