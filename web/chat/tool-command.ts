import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ListedTool } from '../mcp.ts'
import { formFields, formValues } from '../parts/form.ts'

/** The form of one tool; sending it is saying `/tool {arguments}`, so it needs no model. */
class ToolCommand extends PageElement {
  static override properties = { tool: { attribute: false }, problem: { state: true } }
  declare tool: ListedTool
  declare problem: string | undefined
  run: (text: string) => void = () => undefined
  cancel: () => void = () => undefined

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>('input, textarea, select, button.primary')?.focus()
  }

  override render() {
    const { name, title, description = '', inputSchema } = this.tool
    return html`<form
      class="command"
      aria-label=${title ?? name}
      @submit=${this.#submit}
      @keydown=${this.#keydown}
    >
      <header>
        <strong>${title ?? name}</strong> <code>/${name}</code>
        <small>${firstSentence(description)}</small>
      </header>
      ${formFields(inputSchema)}
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      <div class="actions">
        <button type="button" @click=${() => this.cancel()}>Cancel</button>
        <button class="primary">Run</button>
      </div>
    </form>`
  }

  readonly #keydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    this.cancel()
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    try {
      const form = event.target as HTMLFormElement // The listener sits on the form.
      const values = formValues(form, this.tool.inputSchema)
      this.run(`/${this.tool.name} ${JSON.stringify(values)}`)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.problem = `A field holds no JSON: ${error.message}`
    }
  }
}

const firstSentence = (text: string) => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text

customElements.define('sy-tool-command', ToolCommand)
