import { html, nothing } from 'lit'
import type { ApprovalGrant } from '../../schemas/approval.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { problem } from './problem.ts'
import { since } from './time.ts'

/** The yeses that stand, each with the way to end it. */
class Grants extends PageElement {
  static override properties = { error: { state: true } }
  declare error: ToolError | undefined
  readonly #grants = new Query<{ items: ApprovalGrant[] }>(this, () => ({
    tool: 'grant_list',
    staleBy: ({ kind }) =>
      kind.startsWith('grant.') || /^task\.(succeeded|failed|canceled)$/.test(kind),
  }))

  override render() {
    const items = this.#grants.value?.items ?? []
    if (items.length === 0) return problem(this.error ?? this.#grants.error)
    return html`<section aria-label="Standing approvals">
      <h2>Approved for more than once</h2>
      ${problem(this.error)}
      <ul class="plain">
        ${items.map(
          (grant) =>
            html`<li>
              <code>${grant.tool}</code> by
              ${grant.task ?? grant.principal ?? `every ${grant.kind}`}, given by ${grant.givenBy}
              ${since(grant.givenAt)}
              ${grant.expiresAt ? html`, ends ${since(grant.expiresAt)}` : nothing}
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
      this.error = toolError(error)
    }
    this.#grants.refresh()
  }
}

customElements.define('sy-grants', Grants)
