import { LitElement } from 'lit'

/** Components render into the page itself, so that one style sheet and the browser's search reach them. */
export class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
