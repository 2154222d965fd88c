import { html } from 'lit'
import type { PropertyValues } from 'lit'
import type { LogChunk } from '../../schemas/log.ts'
import { PageElement } from '../element.ts'

/** What the page keeps of a log; more would make the browser slow. The hub has all of it. */
const keptChars = 400_000

/** A task's log as it grows. It follows the end unless the reader scrolled up, and resumes by itself. */
class Log extends PageElement {
  static override properties = { task: {} }
  declare task: string
  #source: EventSource | undefined
  #lastSeq = 0
  #chars = 0
  #follows = true

  override render() {
    return html`<pre
      class="log"
      tabindex="0"
      role="log"
      aria-label="Log"
      @scroll=${this.#scrolled}
    ></pre>`
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('task')) return
    this.#lastSeq = this.#chars = 0
    this.#pre.replaceChildren()
    this.#connect()
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

  get #pre(): HTMLPreElement {
    return this.querySelector('pre')! // Rendered above.
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
    const line = document.createElement('span')
    line.className = chunk.stream
    line.textContent = plain(chunk)
    const pre = this.#pre
    pre.append(line)
    this.#chars += line.textContent.length
    while (this.#chars > keptChars && pre.firstChild !== line) {
      this.#chars -= pre.firstChild?.textContent?.length ?? 0
      pre.firstChild?.remove()
    }
    if (this.#follows) pre.scrollTop = pre.scrollHeight
  }

  readonly #scrolled = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#pre
    this.#follows = scrollTop + clientHeight > scrollHeight - 24
  }
}

function plain({ encoding, data }: LogChunk): string {
  const text =
    encoding === 'utf8'
      ? data
      : new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)))
  // oxlint-disable-next-line no-control-regex -- colours are control sequences
  return text.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '')
}

customElements.define('sy-log', Log)
