import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import './diff-chunk.ts'
import type { Notes } from './diff-chunk.ts'
import type { DiffFile } from './diff-lines.ts'
import { filesOf } from './diff-lines.ts'
import type { DiffRow } from './diff-rows.ts'
import { splitRows, unifiedRows } from './diff-rows.ts'
import './diff.css'

export type DiffStyle = 'unified' | 'split'

const chunkRows = 40
/** How far below the top of the window a file comes to stand: below the bar there. */
const marginPx = 60
/** From this width on, two versions of a line have room beside each other. */
const splitWidth = 1000
/** What tools write and nobody reads line by line begins folded. */
const generated =
  /(^|\/)(package-lock\.json|[^/]*\.lock|pnpm-lock\.yaml|go\.sum)$|\.min\.(js|css)$|\.(snap|map)$/

/**
 * The files of a unified diff, a foldable block each, with room for what is said of their lines.
 * Everything in it is text, never markup.
 */
export class Diff extends PageElement {
  static override properties = { diff: {}, look: {}, notes: {}, isWide: { state: true } }
  declare diff: string
  /** Left out: beside each other where there is room. */
  declare look: DiffStyle | undefined
  declare notes: Notes | undefined
  declare isWide: boolean
  readonly #resized = new ResizeObserver(([entry]) => {
    this.isWide = (entry?.contentRect.width ?? 0) >= splitWidth
  })

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resized.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resized.disconnect()
  }

  override render() {
    return filesOf(this.diff).map((file) => this.#file(file))
  }

  /** Scrolls to a file; by its place before or after the one in sight when a number is given. */
  show(target: string | number): void {
    const blocks = [...this.querySelectorAll<HTMLDetailsElement>('details.diff')]
    // A file near the end of the page cannot come to its top, so the one that has the focus goes first.
    const focused = blocks.findIndex((block) => block.contains(document.activeElement))
    const inSight =
      focused >= 0
        ? focused
        : blocks.findLastIndex((block) => block.getBoundingClientRect().top <= marginPx)
    const at =
      typeof target === 'string'
        ? blocks.findIndex((block) => block.dataset.path === target)
        : Math.max(0, Math.min(blocks.length - 1, inSight + target))
    const block = blocks[at]
    if (!block) return
    block.open = true
    block.scrollIntoView()
    // What came into sight on the way has its real height only now.
    requestAnimationFrame(() => block.scrollIntoView())
    block.querySelector('summary')?.focus({ preventScroll: true })
  }

  #file(file: DiffFile) {
    const { path, from, state, additions, deletions } = file
    const look = this.look ?? (this.isWide ? 'split' : 'unified')
    return html`<details class="diff" data-path=${path} ?open=${!generated.test(path)}>
      <summary>
        <code>${from === undefined ? nothing : html`${from} → `}${path}</code>
        ${state === 'modified' ? nothing : html`<span class="soft">${state}</span>`}
        <span class="size"
          ><span class="added">+${additions}</span> <span class="removed">−${deletions}</span></span
        >
      </summary>
      ${this.notes?.ofFile?.(path) ?? nothing}
      <div
        class="lines ${look}"
        role="group"
        aria-label="Lines of ${path}${this.notes?.begin ? '; arrow keys move, Enter comments' : ''}"
        tabindex=${this.notes?.begin ? 0 : nothing}
        @keydown=${walk}
      >
        ${chunksOf(file, look).map(
          (rows) =>
            html`<sy-diff-chunk .file=${file} .rows=${rows} .notes=${this.notes}></sy-diff-chunk>`,
        )}
        ${file.lines.length === 0 ? html`<p class="empty">No line of it changed.</p>` : nothing}
      </div>
    </details>`
  }
}

/** Arrow keys go from line to line; what Enter does is the line's own. */
function walk(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const group = event.currentTarget as HTMLElement // The listener sits on the group.
  if (step === 0 || !(event.target instanceof HTMLElement)) return
  if (event.target.closest('textarea, select, .said')) return
  const numbers = [...group.querySelectorAll<HTMLElement>('button.n')]
  const at = numbers.indexOf(event.target)
  const next = numbers[at < 0 ? 0 : at + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}

const chunked = new WeakMap<DiffFile, Partial<Record<DiffStyle, DiffRow[][]>>>()

function chunksOf(file: DiffFile, look: DiffStyle): DiffRow[][] {
  const held = chunked.get(file) ?? {}
  chunked.set(file, held)
  return (held[look] ??= cut(look === 'split' ? splitRows(file.lines) : unifiedRows(file.lines)))
}

const cut = (rows: DiffRow[]): DiffRow[][] =>
  Array.from({ length: Math.ceil(rows.length / chunkRows) }, (_, at) =>
    rows.slice(at * chunkRows, (at + 1) * chunkRows),
  )

customElements.define('sy-diff', Diff)
