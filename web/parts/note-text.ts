import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { ToolError, callTool } from '../mcp.ts'
import { Query } from '../query.ts'
import './markdown.ts'
import type { PictureAt } from './markdown.ts'
import { nameOf, noteHref } from './note.ts'
import type { NotePart } from './note-parts.ts'
import { noteParts, splitFront } from './note-parts.ts'
import { notePicture, vaultPicture } from './note-picture.ts'
import { problem } from './problem.ts'

export type NoteLink = {
  target: string
  subpath: string
  embed: boolean
  line: number
  path?: string
}
export type BoxTask = { line: number; mark: string; text: string }

/** How many links of a note its properties tell of; of others it is not known whether they lead anywhere. */
const knownLinks = 200
const deepestEmbed = 2

/** The body of a note as it reads: links that open, other notes shown in place, callouts, boxes. */
class NoteText extends PageElement {
  static override properties = {
    vault: {},
    path: {},
    text: {},
    etag: {},
    links: { attribute: false },
    tasks: { attribute: false },
    depth: {},
    error: { state: true },
  }
  declare vault: string
  declare path: string
  declare text: string
  declare etag: string
  declare links: NoteLink[] | undefined
  /** Tasks of the note with their lines, where their boxes may be set. */
  declare tasks: BoxTask[] | undefined
  declare depth: number | undefined
  declare error: ToolError | undefined
  #pictureAt: PictureAt = () => undefined
  #wikiLink = (_target: string): string | undefined => undefined
  readonly #watch = new MutationObserver(() => this.#openBoxes())

  override connectedCallback(): void {
    super.connectedCallback()
    this.#watch.observe(this, { childList: true, subtree: true })
    this.addEventListener('change', this.#changed)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#watch.disconnect()
    this.removeEventListener('change', this.#changed)
  }

  /**
   * Another function for another note, and once it is known where its links lead, so that what was
   * drawn without is drawn anew.
   */
  protected override willUpdate(changed: Map<string, unknown>): void {
    const { vault, path } = this
    if (changed.has('vault') || changed.has('path'))
      this.#pictureAt = (target) => vaultPicture(vault, path, target)
    if (changed.has('vault') || changed.has('path') || changed.has('links'))
      this.#wikiLink = (target) => this.#leadsTo(target)
  }

  override render() {
    return html`${problem(this.error)}${noteParts(this.#body).map(this.#part)}`
  }

  protected override updated(): void {
    this.#openBoxes()
  }

  /** What is read: the name stands above already, so a title that only repeats it is left out. */
  get #body(): string {
    const { body } = splitFront(this.text)
    const [whole = '', title = ''] = /^\s*# (.*)\n?/.exec(body) ?? []
    return title.trim() === nameOf(this.path) ? body.slice(whole.length) : body
  }

  readonly #part = (part: NotePart): unknown => {
    switch (part.kind) {
      case 'text':
        return html`<sy-markdown
          .text=${part.text}
          .wikiLink=${this.#wikiLink}
          .pictureAt=${this.#pictureAt}
        ></sy-markdown>`
      case 'callout':
        return html`<aside class="callout" data-kind=${part.type}>
          <b>${part.title || part.type}</b>
          ${noteParts(part.text).map(this.#part)}
        </aside>`
      case 'embed':
        return this.#embed(part.target)
    }
  }

  #embed(target: string) {
    const found = this.#find(target)
    const place = found?.path ?? target.split('#')[0] ?? target
    const picture = this.#pictureAt(place)
    if (picture !== undefined) return html`<p>${notePicture(picture, place)}</p>`
    if (!/\.md$/i.test(place) && /\.\w{2,5}$/.test(place))
      return html`<p class="line">Attachment: ${place}</p>`
    if ((this.depth ?? 0) >= deepestEmbed)
      return html`<p><a href=${noteHref(this.vault, place)}>${target}</a></p>`
    return html`<sy-note-embed
      .vault=${this.vault}
      .path=${place}
      .section=${target.split('#').slice(1)}
      .depth=${(this.depth ?? 0) + 1}
    ></sy-note-embed>`
  }

  #leadsTo(target: string): string | undefined {
    const [name = '', ...heading] = target.split('#')
    const at: Record<string, string> = heading.length > 0 ? { heading: heading.join('#') } : {}
    if (name === '') return noteHref(this.vault, this.path, at)
    const found = this.#find(target)
    if (found?.path !== undefined)
      return /\.(md|canvas|base)$/i.test(found.path)
        ? noteHref(this.vault, found.path, at)
        : undefined
    const isUnknown = this.links === undefined || this.links.length >= knownLinks
    return isUnknown ? noteHref(this.vault, name, at) : undefined
  }

  #find(target: string): NoteLink | undefined {
    const name = (target.split('#')[0] ?? '').trim().toLowerCase()
    return this.links?.find((link) => link.target.toLowerCase() === name)
  }

  /** Boxes can be set where each is known to be the task of a line. */
  #openBoxes(): void {
    const boxes = this.#boxes()
    const fits = this.#boxTasks.length === boxes.length
    for (const [at, box] of boxes.entries()) {
      box.disabled = !fits
      const text = this.#boxTasks[at]?.text
      if (fits && text !== undefined) box.setAttribute('aria-label', text)
    }
  }

  get #boxTasks(): BoxTask[] {
    return (this.tasks ?? []).filter(({ mark }) => /^[ xX]$/.test(mark))
  }

  #boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>('li input[type=checkbox]')].filter(
      (box) => box.closest('sy-note-text') === this,
    )
  }

  readonly #changed = (event: Event): void => {
    void this.#tick(event.target as HTMLInputElement) // Only boxes change here.
  }

  async #tick(box: HTMLInputElement): Promise<void> {
    const at = this.#boxes().indexOf(box)
    const task = this.#boxTasks[at]
    if (!task) return
    this.error = undefined
    box.disabled = true
    try {
      await callTool('note_checkbox', {
        vault: this.vault,
        path: this.path,
        line: task.line,
        mark: box.checked ? 'x' : ' ',
        if_match: this.etag,
      })
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      box.checked = !box.checked
      this.error = error
    } finally {
      box.disabled = false
    }
  }
}

type Read = { path: string; text: string; etag: string; truncated: boolean }

/** Another note, or a part of it, shown where it is embedded. */
class NoteEmbed extends PageElement {
  static override properties = { vault: {}, path: {}, section: { attribute: false }, depth: {} }
  declare vault: string
  declare path: string
  declare section: string[]
  declare depth: number
  readonly #read = new Query<Read>(this, () => ({
    tool: 'note_read',
    args: {
      vault: this.vault,
      path: this.path,
      ...(this.section[0]?.startsWith('^')
        ? { block: this.section[0].slice(1) }
        : this.section.length > 0
          ? { heading: this.section }
          : {}),
    },
  }))

  override render() {
    const { value, error } = this.#read
    return html`<section class="embed" aria-label=${`From ${nameOf(this.path)}`}>
      <a class="line" href=${noteHref(this.vault, value?.path ?? this.path)}
        >${nameOf(this.path)}${this.section.length > 0 ? ` › ${this.section.join(' › ')}` : ''}</a
      >
      ${error ? problem(error) : nothing}
      ${value ? html`<sy-note-text .vault=${this.vault} .path=${value.path} .text=${value.text} .etag=${value.etag} .depth=${this.depth}></sy-note-text>` : nothing}
      ${value?.truncated ? html`<p class="line">It goes on in the note.</p>` : nothing}
    </section>`
  }
}

customElements.define('sy-note-embed', NoteEmbed)
customElements.define('sy-note-text', NoteText)
