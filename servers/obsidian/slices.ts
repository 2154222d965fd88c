import { setImmediate } from 'node:timers/promises'

/** Longest time in one go; whoever else waits is served in between. */
const sliceMs = 8

/** Work that gives way to other work whenever its slice of time is used up. */
export class Slices {
  #startedAt = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#startedAt >= sliceMs
  }

  async next(): Promise<void> {
    await setImmediate()
    this.#startedAt = performance.now()
  }
}

/** Does the steps of some work to their end, in slices. */
export async function inSlices<T>(steps: Generator<undefined, T>): Promise<T> {
  const slices = new Slices()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (slices.isOver) await slices.next()
  }
}

/** The same in one go, for where nothing can be awaited. */
export function atOnce<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
