import type { ChatChunk } from '../../schemas/chat-stream.ts'

/** A frame of the stream: `seq` is the number to resume after. */
export type Frame = { seq: number; json: string }

/** More than this is not kept for readers who come later: they are given the parts so far. */
const maxKeptChars = 8 * 1024 * 1024

/** The frames of one answer while it runs, for any number of readers at their own pace. */
export class ChunkLog {
  /** Number of the last frame. */
  seq: number
  #frames: string[] = []
  #chars = 0
  #isEnded = false
  readonly #waiting = new Set<() => void>()

  constructor(seq: number) {
    this.seq = seq
  }

  add(chunk: ChatChunk): void {
    const json = JSON.stringify(chunk)
    this.#frames.push(json)
    this.#chars += json.length
    this.seq++
    if (this.#chars > maxKeptChars) {
      this.#frames = []
      this.#chars = 0
    }
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /**
   * All frames after this one, until the last. Where they are not there any more, `restart` makes the
   * stream that leads to where it is now; its frames all bear the number of the last.
   */
  async *follow(
    after: number,
    { signal, restart }: { signal: AbortSignal; restart(): Iterable<ChatChunk> },
  ): AsyncGenerator<Frame> {
    let at = after
    while (!signal.aborted) {
      if (at > this.seq || at < this.seq - this.#frames.length) {
        const frames = [...restart()].map((chunk) => JSON.stringify(chunk))
        at = this.seq
        for (const json of frames) yield { seq: at, json }
        continue
      }
      if (at < this.seq) {
        const json = this.#frames[this.#frames.length - (this.seq - at)]!
        at++
        yield { seq: at, json }
      } else if (this.#isEnded) return
      else await this.#next(signal)
    }
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}
