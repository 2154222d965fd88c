import type { PodChange } from '../../../kit/cluster-driver.ts'

/** What becomes of a pod, for its one reader; the last thing said of its waiting stands for those before. */
export class PodChanges implements AsyncIterable<PodChange> {
  readonly #told: PodChange[] = []
  #wake: (() => void) | undefined

  push(change: PodChange): void {
    if (this.#told.at(-1)?.state === 'waiting') this.#told.pop()
    this.#told.push(change)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PodChange> {
    for (;;) {
      const change = this.#told.shift()
      if (change) {
        yield change
        if (change.state === 'exited') return
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    }
  }
}
