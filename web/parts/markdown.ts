import { html } from 'lit'
import { PageElement } from '../element.ts'
import { loadPart } from '../load-part.ts'
import type { renderMarkdown } from './markdown-blocks.ts'
import './markdown.css'

/** Where `[[Target]]` leads, or undefined where nothing has this name. */
export type WikiLink = (target: string) => string | undefined

/** Where an id that stands in a text leads, such as that of a task; undefined where it is none. */
export type IdLink = (word: string) => string | undefined

/** Where a picture that a text embeds is shown from; undefined where it is not shown. */
export type PictureAt = (target: string) => string | undefined

/** More is shown as plain text: a page of it is not read, and parsing would make the browser slow. */
const parsedChars = 200_000

let render: typeof renderMarkdown | undefined

/**
 * Markdown of a model, a note or a description. Nothing in it becomes markup but what the parser
 * names: HTML stays text, an address that could run something is no link, no image is fetched from
 * elsewhere. While `streaming`, marks that are still open at the end are closed, and blocks that did
 * not change keep their nodes, so that a selection in them stays. The parser is loaded with the first
 * text; until then the text shows as it is.
 */
class Markdown extends PageElement {
  static override properties = {
    text: {},
    streaming: { type: Boolean },
    level: { type: Number },
    wikiLink: { attribute: false },
    idLink: { attribute: false },
    pictureAt: { attribute: false },
  }
  declare text: string | undefined
  declare streaming: boolean | undefined
  /** The level of the highest heading, so that headings fit those of the page. */
  declare level: number | undefined
  declare wikiLink: WikiLink | undefined
  declare idLink: IdLink | undefined
  declare pictureAt: PictureAt | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    if (render) return
    void loadPart(() => import('./markdown-blocks.ts')).then((loaded) => {
      render = loaded.renderMarkdown
      this.requestUpdate()
    })
  }

  override render() {
    const text = this.text ?? ''
    if (!render || text.length > parsedChars) return html`<p class="plain-text">${text}</p>`
    const { streaming = false, level = 2, wikiLink, idLink, pictureAt } = this
    try {
      return render(text, { streaming, level, wikiLink, idLink, pictureAt })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return html`<p class="plain-text">${text}</p>` // Nested deeper than the parser can follow.
    }
  }
}

customElements.define('sy-markdown', Markdown)
