import { html, nothing } from 'lit'
import type { Approval } from '../../schemas/approval.ts'
import { PageElement } from '../element.ts'
import { ago } from '../format.ts'
import { Live } from '../live.ts'
import { ToolError, callTool } from '../mcp.ts'
import { problem } from './problem.ts'

/** What an agent asks of people, with everything it said, and the two answers. */
class Approvals extends PageElement {
  static override properties = { task: {}, error: { state: true } }
  declare task: string
  declare error: ToolError | undefined
  readonly #asked = new Live(
    this,
    () => callTool<{ items: Approval[] }>('approval_list', { task: this.task }),
    (event) => event.task === this.task,
  )

  override render() {
    const items = this.#asked.value?.items ?? []
    if (items.length === 0) return problem(this.error)
    return html`<section aria-label="Questions">
      ${problem(this.error)}
      ${items.map(
        (asked) =>
          html`<form class="tile" @submit=${(event: Event) => event.preventDefault()}>
            <h2>${asked.question}</h2>
            <p class="line">asked by ${asked.askedBy}, <time>${ago(asked.askedAt)}</time></p>
            ${
              Object.keys(asked.details).length > 0
                ? html`<pre class="body">${JSON.stringify(asked.details, null, 2)}</pre>`
                : nothing
            }
            <label><span>Reason</span><input name="reason" autocomplete="off" /></label>
            <div class="actions">
              <button @click=${(event: Event) => this.#decide(asked, 'deny', event)}>Deny</button>
              <button
                class="primary"
                @click=${(event: Event) => this.#decide(asked, 'approve', event)}
              >
                Approve
              </button>
            </div>
          </form>`,
      )}
    </section>`
  }

  async #decide(asked: Approval, decision: 'approve' | 'deny', event: Event): Promise<void> {
    const form = (event.target as HTMLElement).closest('form') // The button is in the form above.
    const reason = form && new FormData(form).get('reason')
    this.error = undefined
    try {
      const why = typeof reason === 'string' && reason !== '' ? { reason } : {}
      await callTool('approval_decide', { approval: asked.id, decision, ...why })
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
    }
    this.#asked.refresh()
  }
}

customElements.define('sy-approvals', Approvals)
