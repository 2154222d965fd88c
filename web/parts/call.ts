import { html } from 'lit'
import { PageElement } from '../element.ts'
import type { ListedTool } from '../mcp.ts'
import { toolForm } from './tool-form.ts'

/** A tool in the palette: what it does, its form, and the way back to what was found. */
class Call extends PageElement {
  static override properties = { tool: {} }
  declare tool: ListedTool

  override render() {
    const { title, name, description } = this.tool
    return html`<header>
        <button type="button" @click=${() => this.dispatchEvent(new Event('back'))}>Back</button>
        <h2>${title ?? name} <code>${name}</code></h2>
      </header>
      <p class="line">${description}</p>
      ${toolForm({ tool: this.tool, offersJson: true })}`
  }
}

customElements.define('sy-call', Call)
