import type { PropertyValues } from 'lit'
import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { coloursOf, pieces } from './diff-colours.ts'
import type { DiffFile, DiffLine } from './diff-lines.ts'
import type { DiffRow, Span } from './diff-rows.ts'

/** A line of one version of a file. */
export type Place = { path: string; line: number; side: 'new' | 'old' }

/** What stands beside the lines of a diff, and what a person can do there. */
export type Notes = {
  /** What is said of a line; undefined where nothing is. */
  at(place: Place): unknown
  /** What is said of a file as a whole, or of lines that are gone. */
  ofFile?(path: string): unknown
  /** Whether the old version is not the one that comments are kept for. */
  isOldForeign?: boolean
  /** Begins a comment. */
  begin?(place: Place): void
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      if (target instanceof DiffChunk) target.isNear = isIntersecting
  },
  { rootMargin: '900px 0px' },
)

/**
 * Some lines of a diff. Far from what is in sight they are one plain text, which the browser can still
 * search and which costs next to nothing; near it they get colours, marks and buttons.
 */
class DiffChunk extends PageElement {
  static override properties = { file: {}, rows: {}, notes: {}, isNear: { state: true } }
  declare file: DiffFile
  declare rows: DiffRow[]
  declare notes: Notes | undefined
  declare isNear: boolean

  override connectedCallback(): void {
    super.connectedCallback()
    observer.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    observer.unobserve(this)
  }

  override render() {
    if (!this.isNear && !this.#hasNotes())
      return html`<pre class="far">${this.rows.map(plainRow).join('\n')}</pre>`
    return this.rows.map((row) => html`${this.#row(row)}${this.#said(row)}`)
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('rows')) this.style.setProperty('--rows', String(this.rows.length))
    if (!this.isNear) return
    const { colours, done } = coloursOf(this.file)
    if (colours.size === 0) void done.then(() => colours.size > 0 && this.requestUpdate())
  }

  #hasNotes(): boolean {
    return this.rows.some((row) => places(row, this.file).some((place) => this.notes?.at(place)))
  }

  #said(row: DiffRow) {
    const said = places(row, this.file).flatMap((place) => this.notes?.at(place) ?? [])
    return said.length > 0 ? html`<div class="said">${said}</div>` : nothing
  }

  #row(row: DiffRow) {
    if (row.kind === 'line') {
      const { line, span } = row
      if (line.kind === 'hunk' || line.kind === 'note')
        return html`<div class="row ${line.kind}"><code>${line.text}</code></div>`
      const isOld = line.kind === 'removed'
      return html`<div class="row ${line.kind}">
        ${this.#number(line, 'old', isOld)}${this.#number(line, 'new', !isOld)}${this.#code(line, span)}
      </div>`
    }
    const { old, new: fresh, oldSpan, newSpan } = row
    return html`<div class="row pair">
      <div class="half ${old?.kind ?? 'none'}">
        ${old ? html`${this.#number(old, 'old', old.kind === 'removed')}${this.#code(old, oldSpan)}` : nothing}
      </div>
      <div class="half ${fresh?.kind ?? 'none'}">
        ${fresh ? html`${this.#number(fresh, 'new', true)}${this.#code(fresh, newSpan)}` : nothing}
      </div>
    </div>`
  }

  #number(line: DiffLine, side: 'old' | 'new', isButton: boolean) {
    const number = side === 'old' ? ('old' in line ? line.old : '') : 'new' in line ? line.new : ''
    const begin = side === 'old' && this.notes?.isOldForeign ? undefined : this.notes?.begin
    if (number === '' || !isButton || !begin) return html`<span class="n">${number}</span>`
    const place: Place = { path: this.file.path, line: number, side }
    return html`<button
      class="n"
      tabindex="-1"
      aria-label="Comment on ${side === 'old' ? 'removed ' : ''}line ${number}"
      @click=${() => begin(place)}
    >
      ${number}
    </button>`
  }

  #code(line: DiffLine, span: Span | undefined) {
    const run = coloursOf(this.file).colours.get(line)
    return html`<code
      ><i>${signs[line.kind]}</i>${pieces(line.text, run, span).map(({ text, type, isMarked }) =>
        type === '' && !isMarked
          ? text
          : html`<span class=${`${type === '' ? '' : `c-${type}`}${isMarked ? ' differs' : ''}`}
              >${text}</span
            >`,
      )}</code
    >`
  }
}

const signs = { context: ' ', added: '+', removed: '-', hunk: '', note: '' }

const plain = (line: DiffLine | undefined) => (line ? `${signs[line.kind]}${line.text}` : '')

const plainRow = (row: DiffRow): string =>
  row.kind === 'line'
    ? plain(row.line)
    : row.old?.kind === 'context'
      ? plain(row.old)
      : `${plain(row.old)}\t${plain(row.new)}`

function places(row: DiffRow, { path }: DiffFile): Place[] {
  const lines = row.kind === 'line' ? [row.line] : [row.old, row.new]
  const found = new Map<string, Place>()
  for (const line of lines) {
    if (line && 'old' in line) found.set('old', { path, line: line.old, side: 'old' })
    if (line && 'new' in line) found.set('new', { path, line: line.new, side: 'new' })
  }
  return [...found.values()]
}

customElements.define('sy-diff-chunk', DiffChunk)
