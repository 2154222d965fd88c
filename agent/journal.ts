import { open, readFile, truncate } from 'node:fs/promises'
import type { ModelMessage } from 'ai'

export type Entry =
  | { kind: 'messages'; messages: ModelMessage[]; tokens: number }
  | { kind: 'seen'; message: number }
  | { kind: 'finished'; summary: string }

/**
 * The steps of an attempt, a JSON line each, on disk before the next step begins. An attempt that
 * was interrupted goes on from here instead of from the start.
 */
export class Journal<Line = Entry> {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /**
   * What is on record. A line that a crash cut off is the last one and counts as not written; it is
   * taken away, because the next one would be written on the same line.
   */
  async read(): Promise<Line[]> {
    const bytes = await readFile(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0)
      throw error
    })
    const length = bytes.lastIndexOf('\n') + 1
    if (length < bytes.length) await truncate(this.#file, length)
    return bytes
      .toString('utf8', 0, length)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line) // Written below.
  }

  async add(entry: Line): Promise<void> {
    const handle = await open(this.#file, 'a', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(entry)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
