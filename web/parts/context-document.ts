import { html, nothing } from 'lit'
import type { ContextDocument } from '../../schemas/context.ts'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'
import { homeOf, trustMark } from './citation.ts'
import { problem } from './problem.ts'
import { since } from './time.ts'
import { skeleton } from './skeleton.ts'

const step = 20_000
const mostChars = 100_000

/** What a citation stands in: the document around its lines, as it was taken in. */
class ContextDocumentView extends PageElement {
  static override properties = {
    source: {},
    path: {},
    line: { type: Number },
    end: { type: Number },
    chars: { state: true },
  }
  declare source: string
  declare path: string
  declare line: number
  declare end: number | undefined
  declare chars: number | undefined
  readonly #read = new Query<ContextDocument>(this, () => ({
    tool: 'context_read',
    args: {
      source: this.source,
      path: this.path,
      line: this.line,
      max_chars: this.chars ?? step,
    },
  }))
  #shown = ''

  override render() {
    const { value, error } = this.#read
    if (!value) return error ? problem(error) : skeleton(12)
    const { source, path, revision, pieces, before, after, trust } = value
    const home = homeOf(source, path, this.line)
    return html`<article class="document" aria-label=${path}>
      <h2 class="title">${path}</h2>
      <p class="line">
        <span>${source.name}</span> ${revision ? html`<code>${revision}</code>` : nothing}
        ${source.indexedAt ? html`<span>read ${since(source.indexedAt)}</span>` : nothing}
        ${trustMark(trust)} ${home ? html`<a href=${home.href}>${home.words}</a>` : nothing}
      </p>
      ${problem(error)} ${before > 0 ? this.#more('above', before) : nothing}
      <div class="source" tabindex="0" role="group" aria-label="Text">
        ${pieces.map(
          ({ line0, text }) =>
            html`${text.split('\n').map((line, at) => this.#line(line0 + at, line))}`,
        )}
      </div>
      ${after > 0 ? this.#more('below', after) : nothing}
    </article>`
  }

  protected override updated(): void {
    const wanted = `${this.source} ${this.path} ${this.line}`
    if (!this.#read.value || this.#shown === wanted) return
    this.#shown = wanted
    this.querySelector('[data-cited]')?.scrollIntoView({ block: 'center' })
  }

  #line(number: number, text: string) {
    const isCited = number >= this.line && number <= (this.end ?? this.line)
    return html`<div ?data-cited=${isCited}>
      <span class="number" aria-hidden="true">${number}</span><code>${text}</code>
    </div>`
  }

  #more(where: string, count: number) {
    return (this.chars ?? step) >= mostChars
      ? html`<p class="line">${count} more pieces ${where}.</p>`
      : html`<button @click=${() => (this.chars = mostChars)}>
          Show more (${count} pieces ${where})
        </button>`
  }
}

customElements.define('sy-context-document', ContextDocumentView)
