import { html, nothing } from 'lit'
import type { PropertyValues } from 'lit'
import type { LogChunk } from '../../schemas/log.ts'
import { PageElement } from '../element.ts'
import { LogLines } from '../log-lines.ts'
import type { LogLine } from '../log-lines.ts'
import './log.css'

/** All lines have one height, so that a place in the log is a number and not a search. */
const lineHeight = 18
const spareLines = 20

/** A task's log as it grows: only the lines in sight are drawn, however many there are. */
class Log extends PageElement {
  static override properties = {
    task: {},
    words: { state: true },
    onlyProblems: { state: true },
    follows: { state: true },
  }
  declare task: string
  declare words: string
  declare onlyProblems: boolean
  declare follows: boolean
  #log = new LogLines()
  #source: EventSource | undefined
  #lastSeq = 0
  #found = -1
  #frame = 0

  constructor() {
    super()
    this.words = ''
    this.onlyProblems = false
    this.follows = true
  }

  override render() {
    const { lines, dropped } = this.#log
    const shown = this.#shown()
    const hits = this.#hits(shown)
    const top = this.querySelector('.log')?.scrollTop ?? 0
    const from = Math.max(0, Math.floor(top / lineHeight) - spareLines)
    const to = from + Math.ceil((this.clientHeight || 600) / lineHeight) + 2 * spareLines
    return html`<div class="log-bar">
        <input
          type="search"
          aria-label="Search the log"
          placeholder="Search"
          autocomplete="off"
          spellcheck="false"
          @input=${(event: Event) => this.#search((event.target as HTMLInputElement).value)}
          @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && this.#next(hits, event.shiftKey)}
        />
        <span role="status">${this.#told(hits)}</span>
        <label class="inline"
          ><input
            type="checkbox"
            .checked=${this.onlyProblems}
            @change=${() => (this.onlyProblems = !this.onlyProblems)}
          />
          Problems only</label
        >
        <label class="inline"
          ><input
            type="checkbox"
            .checked=${this.follows}
            @change=${() => this.#follow(!this.follows)}
          />
          Follow</label
        >
        <button type="button" ?disabled=${lines.length === 0} @click=${this.#download}>
          Download
        </button>
      </div>
      ${dropped > 0 ? html`<p class="line">${dropped} older lines are left out here.</p>` : nothing}
      <div
        class="log"
        tabindex="0"
        role="log"
        aria-live="off"
        aria-label="Log"
        @scroll=${this.#scrolled}
      >
        ${lines.length === 0 ? html`<p class="empty">Nothing was written yet.</p>` : nothing}
        <div class="lines" .style=${`height: ${shown.length * lineHeight}px`}>
          <div .style=${`transform: translateY(${from * lineHeight}px)`}>
            ${shown.slice(from, to).map((at) => this.#line(lines[at]!, at))}
          </div>
        </div>
      </div>`
  }

  #line(line: LogLine, at: number) {
    return html`<div
      class="log-line"
      data-stream=${line.stream}
      data-severity=${line.severity ?? nothing}
      ?data-found=${at === this.#found}
    >
      <span class="number" aria-hidden="true">${at + 1 + this.#log.dropped}</span
      >${this.#marked(line.text)}
    </div>`
  }

  /** A line with what is searched for marked in it. */
  #marked(text: string) {
    if (this.words === '') return html`<span>${text}</span>`
    const parts: unknown[] = []
    const [low, words] = [text.toLowerCase(), this.words.toLowerCase()]
    let from = 0
    for (let at = low.indexOf(words); at >= 0; at = low.indexOf(words, from)) {
      parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + words.length)}</mark>`)
      from = at + words.length
    }
    return html`<span>${parts}${text.slice(from)}</span>`
  }

  #shown(): number[] {
    const all = this.#log.lines.map((_, at) => at)
    return this.onlyProblems ? all.filter((at) => this.#log.lines[at]?.severity !== undefined) : all
  }

  #hits(shown: number[]): number[] {
    const words = this.words.toLowerCase()
    if (words === '') return []
    return shown.filter((at) => this.#log.lines[at]?.text.toLowerCase().includes(words))
  }

  #told(hits: number[]): string {
    if (this.words === '') return ''
    const at = hits.indexOf(this.#found)
    return at < 0 ? `${hits.length} found` : `${at + 1} of ${hits.length}`
  }

  #search(words: string): void {
    this.words = words
    this.#found = -1
    if (words === '') return
    this.#next(this.#hits(this.#shown()), false)
  }

  #next(hits: number[], isBack: boolean): void {
    if (hits.length === 0) return this.requestUpdate()
    const at = hits.indexOf(this.#found)
    const next = isBack ? (at <= 0 ? hits.length : at) - 1 : (at + 1) % hits.length
    this.#found = hits[next]!
    this.follows = false
    this.#scrollTo(this.#shown().indexOf(this.#found))
    this.requestUpdate()
  }

  #scrollTo(place: number): void {
    const box = this.querySelector('.log')
    if (box) box.scrollTop = place * lineHeight - box.clientHeight / 2
  }

  #follow(follows: boolean): void {
    this.follows = follows
    this.requestUpdate()
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('task')) {
      this.#log = new LogLines()
      this.#lastSeq = 0
      this.follows = true
      this.#connect()
    }
    if (this.follows) this.#toEnd()
  }

  #toEnd(): void {
    const box = this.querySelector('.log')
    if (!box || box.scrollTop + box.clientHeight >= box.scrollHeight - 1) return
    box.scrollTop = box.scrollHeight
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.#connect()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#source?.close()
    this.#source = undefined
  }

  #connect(): void {
    this.#source?.close()
    const source = new EventSource(`/tasks/${this.task}/log/stream?after=${this.#lastSeq}`)
    this.#source = source
    source.addEventListener('message', (message: MessageEvent<string>) =>
      this.#add(JSON.parse(message.data) as LogChunk),
    ) // Written by the hub.
    source.addEventListener('error', () => {
      source.close()
      setTimeout(() => this.isConnected && this.#source === source && this.#connect(), 1000)
    })
  }

  #add(chunk: LogChunk): void {
    if (chunk.seq <= this.#lastSeq) return
    this.#lastSeq = chunk.seq
    this.#log.add(chunk)
    // Many chunks arrive within a frame; they are drawn once.
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.requestUpdate()
    })
  }

  readonly #scrolled = (event: Event): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.target as HTMLElement // The box itself.
    this.follows = scrollTop + clientHeight > scrollHeight - lineHeight * 2
    this.requestUpdate()
  }

  readonly #download = (): void => {
    const text = `${this.#log.lines.map((line) => line.text).join('\n')}\n`
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    link.download = `${this.task}.log`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }
}

customElements.define('sy-log', Log)
