import { html, nothing } from 'lit'
import type { ApprovalGrant } from '../../schemas/approval.ts'
import { PageElement } from '../element.ts'
import { ago } from '../format.ts'
import { Live } from '../live.ts'
import { ToolError, callTool } from '../mcp.ts'
import { problem } from './problem.ts'

/** The yeses that stand, each with the way to end it. */
class Grants extends PageElement {
  static override properties = { error: { state: true } }
  declare error: ToolError | undefined
  readonly #grants = new Live(
    this,
    () => callTool<{ items: ApprovalGrant[] }>('grant_list'),
    (event) =>
      event.kind.startsWith('grant.') || /^task\.(succeeded|failed|canceled)$/.test(event.kind),
  )

  override render() {
    const items = this.#grants.value?.items ?? []
    if (items.length === 0) return problem(this.error)
    return html`<section aria-label="Standing approvals">
      <h2>Approved for more than once</h2>
      ${problem(this.error)}
      <ul class="plain">
        ${items.map(
          (grant) =>
            html`<li>
              <code>${grant.tool}</code> by
              ${grant.task ?? grant.principal ?? `every ${grant.kind}`}, given by ${grant.givenBy}
              <time>${ago(grant.givenAt)}</time>
              ${grant.expiresAt ? html`, ends ${ago(grant.expiresAt)}` : nothing}
              <button @click=${() => this.#revoke(grant)}>Revoke</button>
            </li>`,
        )}
      </ul>
    </section>`
  }

  async #revoke({ id: grant }: ApprovalGrant): Promise<void> {
    this.error = undefined
    try {
      await callTool('approval_revoke', { grant })
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
    }
    this.#grants.refresh()
  }
}

customElements.define('sy-grants', Grants)
