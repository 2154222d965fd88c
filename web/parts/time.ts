import { html } from 'lit'
import { AsyncDirective, directive } from 'lit/async-directive.js'
import { ago } from '../format.ts'

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
/** Seldom enough that a list of young things does not flicker. */
const tickMs = 5000

const shown = new Set<Ago>()
let timer: ReturnType<typeof setInterval> | undefined

/** The words for how long ago something was, which go on being true while they are on the page. */
class Ago extends AsyncDirective {
  #at = 0
  #words = ''

  override render(at: number): unknown {
    this.#at = at
    if (this.isConnected) this.reconnected()
    this.#words = ago(at)
    return this.#words
  }

  tick(): void {
    const words = ago(this.#at)
    if (words === this.#words) return
    this.#words = words
    this.setValue(words)
  }

  protected override reconnected(): void {
    shown.add(this)
    timer ??= setInterval(tickAll, tickMs)
  }

  protected override disconnected(): void {
    shown.delete(this)
    if (shown.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tickAll(): void {
  if (!document.hidden) for (const one of shown) one.tick()
}
document.addEventListener('visibilitychange', tickAll)

const moving = directive(Ago)

/** An instant as people say it, with the exact one on hover. Screen readers hear it when they come to it only. */
export const since = (at: number) =>
  html`<time datetime=${new Date(at).toISOString()} title=${exact.format(at)} aria-live="off"
    >${moving(at)}</time
  >`
