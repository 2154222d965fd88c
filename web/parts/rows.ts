import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'
import { Paged } from '../paged.ts'
import type { Asked } from '../query.ts'
import './rows.css'
import { problem } from './problem.ts'

/** A list of the hub, however long. */
export type Rows<T> = {
  /** What a screen reader calls it. */
  label: string
  /** The listing tool; `limit` and `cursor` are added to its arguments. */
  asked: Asked
  key(item: T): string
  /** A row, with a link or button that opens its thing. */
  row(item: T): unknown
  /** What stands there when the list has nothing. */
  empty: unknown
  /** Of a row, in pixels: all have the same. */
  height?: number
  /** Key of the thing that is open beside the list. */
  current?: string | undefined
}

const defaultHeight = 56
/** Rows drawn above and below what is in sight, so that scrolling finds them there. */
const spareRows = 8
const skeletonRows = 6

/** Draws a list whose rows are loaded and drawn as they come into sight; j, k and o walk it. */
export const rows = <T>(list: Rows<T>) => html`<sy-rows .list=${list}></sy-rows>`

class RowsElement extends PageElement {
  static override properties = { list: {} }
  declare list: Rows<unknown>
  readonly #paged = new Paged(this, () => this.list)
  #from = 0
  #to = 0
  #active = -1
  #walked: unknown
  #frame = 0
  /** Keys pressed while the rows they are meant for were still on their way. */
  readonly #pressed: (() => void)[] = []

  constructor() {
    super()
    takeKeys(this, [
      { key: 'j', title: 'Next row', run: () => this.#press(() => this.#move(1)) },
      { key: 'k', title: 'Row before', run: () => this.#press(() => this.#move(-1)) },
      {
        key: 'o',
        title: 'Open the row',
        run: () => this.#press(() => this.#link(this.#active)?.click()),
      },
    ])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Whatever scrolls, page or part of it, the rows in sight are measured anew.
    document.addEventListener('scroll', this.#measureSoon, { capture: true, passive: true })
    addEventListener('resize', this.#measureSoon)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#pressed.length = 0
    document.removeEventListener('scroll', this.#measureSoon, { capture: true })
    removeEventListener('resize', this.#measureSoon)
  }

  override render() {
    const { label, empty } = this.list
    const list = this.#paged.list
    if (list !== this.#walked) this.#active = -1
    this.#walked = list
    if (!list || list.isLoading)
      return html`<div class="rows" aria-busy="true" aria-label=${label} role="status">
        ${this.#skeleton(skeletonRows)}
      </div>`
    if (list.count === 0 && !list.error) return html`<div class="rows">${empty}</div>`
    const total = list.count
    const end = Math.min(total, this.#to)
    const places = Array.from({ length: Math.max(0, end - this.#from) }, (_, at) => this.#from + at)
    return html`<div class="rows">
      <ol role="list" aria-label=${label} .style=${`height: ${total * this.#height}px`}>
        ${repeat(places, (at) => at, this.#row)}
      </ol>
      ${list.error ? html`${problem(list.error)}<button @click=${() => list.refresh()}>Try again</button>` : nothing}
      ${list.hasMore && !list.error ? this.#skeleton(3) : nothing}
    </div>`
  }

  protected override updated(): void {
    this.#measureSoon()
    if (!this.#isAwaited) for (const run of this.#pressed.splice(0)) run()
  }

  /** Whether rows are to come: the list is being asked for, or not yet measured. */
  get #isAwaited(): boolean {
    const list = this.#paged.list
    if (!list || list.isLoading) return true
    return list.count > 0 && this.querySelector('ol li') === null
  }

  #press(run: () => void): void {
    if (this.#isAwaited) this.#pressed.push(run)
    else run()
  }

  get #height(): number {
    return this.list.height ?? defaultHeight
  }

  readonly #row = (at: number) => {
    const item = this.#paged.list?.at(at)
    const isCurrent = item !== undefined && this.list.key(item) === this.list.current
    return html`<li
      aria-posinset=${at + 1}
      aria-setsize=${this.#paged.list?.hasMore ? -1 : (this.#paged.list?.count ?? 0)}
      data-at=${at}
      ?data-current=${isCurrent}
      .style=${`top: ${at * this.#height}px; height: ${this.#height}px`}
      @focusin=${() => (this.#active = at)}
    >
      ${item === undefined ? html`<span class="skeleton"></span>` : this.list.row(item)}
    </li>`
  }

  #skeleton(count: number) {
    return Array.from(
      { length: count },
      () =>
        html`<div class="waiting" .style=${`height: ${this.#height}px`}>
          <span class="skeleton"></span>
        </div>`,
    )
  }

  readonly #measureSoon = (): void => {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#measure())
  }

  #measure(): void {
    const box = this.querySelector('ol')?.getBoundingClientRect()
    if (!this.isConnected || (box === undefined && this.#paged.list === undefined)) return
    const top = box?.top ?? 0
    const first = Math.floor(Math.max(0, -top) / this.#height)
    const last = Math.ceil(Math.max(0, innerHeight - top) / this.#height)
    const [from, to] = [Math.max(0, first - spareRows), last + spareRows]
    this.#paged.show(first, last)
    if (from === this.#from && to === this.#to) return
    this.#from = from
    this.#to = to
    this.requestUpdate()
  }

  #move(by: number): void {
    const total = this.#paged.list?.count ?? 0
    if (total === 0) return
    const start = this.#active < 0 ? this.#currentAt() : this.#active
    this.#active = Math.max(0, Math.min(total - 1, start + by))
    const link = this.#link(this.#active)
    if (link) return link.focus()
    // Far from what is drawn: it is scrolled to, and focused once it is there.
    const top =
      (this.querySelector('ol')?.getBoundingClientRect().top ?? 0) + this.#active * this.#height
    const scroller = this.closest('.pair > :first-child') ?? document.scrollingElement
    scroller?.scrollBy(0, top - innerHeight / 2)
    requestAnimationFrame(
      () => void this.updateComplete.then(() => this.#link(this.#active)?.focus()),
    )
  }

  #currentAt(): number {
    const current = this.querySelector<HTMLElement>('li[data-current]')
    return Number(current?.dataset.at ?? -1)
  }

  #link(at: number): HTMLElement | null {
    return this.querySelector(`li[data-at='${at}'] :is(a, button)`)
  }
}

customElements.define('sy-rows', RowsElement)
