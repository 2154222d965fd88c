import { html } from 'lit'
import type { LogChunk } from '../../schemas/log.ts'
import { PageElement } from '../element.ts'
import { LogLines } from '../log-lines.ts'
import { Query } from '../query.ts'

/** A stream for each task would take the few connections that a browser opens to one hub. */
const pauseMs = 2000

/** The last line that a running task wrote, as it moves on. */
class LastLine extends PageElement {
  static override properties = { task: {} }
  declare task: string
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #tail = new Query<{ items: LogChunk[] }>(this, () => ({
    tool: 'task_log',
    args: { task: this.task, tail: 2, max_bytes: 4096 },
    staleBy: () => false,
  }))

  override connectedCallback(): void {
    super.connectedCallback()
    this.#timer = setInterval(() => document.hidden || this.#tail.refresh(), pauseMs)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  override render() {
    const log = new LogLines()
    for (const chunk of this.#tail.value?.items ?? []) log.add(chunk)
    const last = log.lines.findLast(({ text }) => text.trim() !== '')
    return html`<code class="last-line">${last?.text.trim() ?? ' '}</code>`
  }
}

customElements.define('sy-last-line', LastLine)
