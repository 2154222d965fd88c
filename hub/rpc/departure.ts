import { HubError } from '../../schemas/errors.ts'

/** What is needed of an AbortSignal by who waits for it. */
export type Ending = {
  readonly aborted: boolean
  addEventListener(type: 'abort', act: () => void): void
  removeEventListener(type: 'abort', act: () => void): void
}

/**
 * Whether the caller of one request has gone away or canceled it. It does what an AbortController does;
 * there is one for each call, of which hardly any is canceled, so a signal is made only where one is asked for.
 */
export class Departure implements Ending {
  #hasEnded = false
  #reason: HubError | undefined
  #acts: readonly (() => void)[] = none
  #controller: AbortController | undefined

  get aborted(): boolean {
    return this.#hasEnded
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#hasEnded) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** The caller wants it no more. */
  cancel(): void {
    this.#end(new HubError('canceled', 'the caller canceled it'))
  }

  /** The caller is gone, and may come again for what became of it. */
  abort(): void {
    this.#end(undefined)
  }

  #end(reason: HubError | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#reason = reason
    this.#controller?.abort(reason)
    for (const act of this.#acts) act()
    this.#acts = none
  }

  addEventListener(_type: 'abort', act: () => void): void {
    if (!this.#hasEnded) this.#acts = [...this.#acts, act]
  }

  removeEventListener(_type: 'abort', act: () => void): void {
    this.#acts = this.#acts.filter((other) => other !== act)
  }
}

const none: readonly (() => void)[] = []
