import { createWriteStream } from 'node:fs'

/**
 * What a client of the campaign did and was told, a JSON line each. `sentAt` and `ackedAt` come from
 * the one clock that all clients share; the checker knows nothing else.
 */
export type Entry =
  | { kind: 'submit'; task: string; key: string; sentAt: number; ackedAt: number }
  | { kind: 'claim'; task: string; fence: number; agent: string; sentAt: number; ackedAt: number }
  | { kind: 'append'; task: string; fence: number; text: string; sentAt: number; ackedAt: number }
  | { kind: 'heartbeat'; task: string; fence: number; sentAt: number; ackedAt: number }
  | {
      kind: 'report'
      task: string
      fence: number
      outcome: string
      sentAt: number
      ackedAt: number
    }
  | { kind: 'terminal'; task: string; state: string; ackedAt: number }

export class History {
  readonly #out: ReturnType<typeof createWriteStream>
  readonly counts: Record<string, number> = {}

  constructor(file: string) {
    this.#out = createWriteStream(file)
  }

  add(entry: Entry): void {
    this.counts[entry.kind] = (this.counts[entry.kind] ?? 0) + 1
    this.#out.write(`${JSON.stringify(entry)}\n`)
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#out.end(resolve))
  }
}
