import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ListedTool, ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { formFields, formValues } from './form.ts'
import { problem } from './problem.ts'

/** What is shown of an answer; the rest is for programs. */
const shownChars = 60_000

/** A tool with its form, and what it answered. */
class Call extends PageElement {
  static override properties = {
    tool: {},
    answer: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare tool: ListedTool
  declare answer: string | undefined
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    const { title, name, description, inputSchema } = this.tool
    return html`<form @submit=${this.#submit}>
      <header>
        <button type="button" @click=${() => this.dispatchEvent(new Event('back'))}>Back</button>
        <h2>${title} <code>${name}</code></h2>
      </header>
      <p class="line">${description}</p>
      ${formFields(inputSchema)} ${problem(this.error)}
      <div class="actions">
        <button class="primary" ?disabled=${this.busy}>${this.busy ? 'Running…' : 'Run'}</button>
      </div>
      ${
        this.answer === undefined
          ? nothing
          : html`<pre class="log preview" tabindex="0" aria-label="Answer">${this.answer}</pre>`
      }
    </form>`
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>('.field :is(input, select, textarea), .primary')?.focus()
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    this.busy = true
    this.error = this.answer = undefined
    try {
      const args = formValues(event.target as HTMLFormElement, this.tool.inputSchema) // The listener sits on the form.
      const text = JSON.stringify(await callTool(this.tool.name, args), null, 2)
      this.answer = text.length > shownChars ? `${text.slice(0, shownChars)}\n…` : text
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-call', Call)
