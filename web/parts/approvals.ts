import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Approval, ApprovalScope } from '../../schemas/approval.ts'
import { PageElement } from '../element.ts'
import { ago } from '../format.ts'
import { Live } from '../live.ts'
import { ToolError, callTool } from '../mcp.ts'
import { diffView } from './diff.ts'
import { fieldsView } from './fields.ts'
import { problem } from './problem.ts'
import { href } from '../route.ts'

const reaches: Record<ApprovalScope, string> = {
  once: 'this once',
  task: 'for this task',
  rule: 'always, for such callers',
}

/** What is asked of people, of one task or of all, with everything that was said, and the answers. */
class Approvals extends PageElement {
  static override properties = { task: {}, approval: {}, error: { state: true } }
  declare task: string | undefined
  /** The only question that is meant. */
  declare approval: string | undefined
  declare error: ToolError | undefined
  readonly #asked = new Live(
    this,
    () =>
      callTool<{ items: Approval[] }>(
        'approval_list',
        this.approval !== undefined
          ? { approval: this.approval }
          : this.task === undefined
            ? { limit: 100 }
            : { task: this.task },
      ),
    (event) =>
      this.task === undefined ? event.kind.startsWith('approval.') : event.task === this.task,
  )

  override render() {
    const { value, error } = this.#asked
    const items = value?.items ?? []
    const none = value && this.task === undefined && items.length === 0
    return html`<section aria-label="Questions">
      ${problem(this.error ?? error)}
      ${none ? html`<p class="empty">Nothing is asked.</p>` : nothing}
      ${repeat(
        items,
        ({ id }) => id,
        (asked) => this.#question(asked),
      )}
    </section>`
  }

  #question(asked: Approval) {
    const { arguments: args, diff, preview, cut, ...others } = asked.details
    const given = typeof args === 'object' && args !== null ? args : {}
    return html`<form
      class="tile question"
      aria-label=${asked.question}
      @submit=${(event: SubmitEvent) => this.#submit(asked, event)}
    >
      <h2>${asked.question}</h2>
      <p class="line">
        <span>asked by ${asked.askedBy}</span> <time>${ago(asked.askedAt)}</time>
        ${asked.task && this.task === undefined ? html`<a href=${href('tasks', asked.task)}>${asked.task}</a>` : nothing}
        ${asked.expiresAt ? html`<span>expires ${ago(asked.expiresAt)}</span>` : nothing}
      </p>
      ${cut === true ? html`<p class="warn">Not everything is shown: it is too long.</p>` : nothing}
      ${fieldsView({ ...others, ...given })} ${typeof diff === 'string' ? diffView(diff) : nothing}
      ${typeof preview === 'string' ? html`<pre class="log preview" tabindex="0">${preview}</pre>` : nothing}
      <label
        ><span>Reason</span
        ><input name="reason" autocomplete="off" maxlength="2000" @input=${clear}
      /></label>
      <div class="actions">
        <button value="deny">Deny</button>
        ${asked.kind === 'call' ? scopeView(asked) : nothing}
        <button class="primary" value="approve">Approve</button>
      </div>
    </form>`
  }

  async #submit(asked: Approval, event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    const fields = new FormData(form)
    const decision = event.submitter?.getAttribute('value')
    const [reason, scope] = [fields.get('reason'), fields.get('scope')]
    const words = typeof reason === 'string' ? reason.trim() : ''
    const field = form.querySelector<HTMLInputElement>('input[name=reason]')
    if (decision === 'deny' && words === '' && field) {
      field.setCustomValidity('Say why: the agent reads it.')
      return void field.reportValidity()
    }
    this.error = undefined
    try {
      await callTool('approval_decide', {
        approval: asked.id,
        decision,
        ...(words === '' ? {} : { reason: words }),
        ...(decision === 'approve' && scope !== null ? { scope } : {}),
      })
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
    }
    this.#asked.refresh()
  }
}

const clear = (event: Event) => (event.target as HTMLInputElement).setCustomValidity('') // An input's own.

const scopeView = ({ task }: Approval) => {
  const scopes: ApprovalScope[] = task === undefined ? ['once', 'rule'] : ['once', 'task', 'rule']
  return html`<label class="inline scope"
    >Approve
    <select name="scope" aria-label="How far the yes reaches">
      ${scopes.map((scope) => html`<option value=${scope}>${reaches[scope]}</option>`)}
    </select></label
  >`
}

customElements.define('sy-approvals', Approvals)
