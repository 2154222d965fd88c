import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolAnswer, ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { problem } from './problem.ts'
import { secretView } from './secret.ts'
import { toolForm } from './tool-form.ts'
import { since } from './time.ts'
import { skeleton } from './skeleton.ts'
import './stacked-table.css'

type Credential = {
  id: string
  principal: string
  label: string
  roles: string[]
  orgs: string[]
  createdAt: number
  expiresAt?: number
}

/** Who may use this hub: credentials and signed-in browsers, with the way to end each and make more. */
class Credentials extends PageElement {
  static override properties = {
    form: { state: true },
    error: { state: true },
    ending: { state: true },
  }
  declare form: 'token' | 'link' | undefined
  declare error: ToolError | undefined
  /** The credential of which it was asked once whether to end it. */
  declare ending: string | undefined
  readonly #tokens = new Query<{ items: Credential[] }>(this, () => ({
    tool: 'token_list',
    args: { limit: 500 },
  }))

  override render() {
    const { value, error, isLoading } = this.#tokens
    return html`<section class="credentials" aria-label="Credentials">
      <div class="page-bar">
        <h2>Credentials <span class="count">${value?.items.length ?? ''}</span></h2>
        <span class="end actions">
          <button
            aria-expanded=${this.form === 'link' ? 'true' : 'false'}
            @click=${() => this.#turn('link')}
          >
            Sign in another browser
          </button>
          <button
            aria-expanded=${this.form === 'token' ? 'true' : 'false'}
            @click=${() => this.#turn('token')}
          >
            New credential
          </button>
        </span>
      </div>
      ${problem(error ?? this.error)}
      ${this.form === 'token' ? this.#create() : this.form === 'link' ? signInLink : nothing}
      ${isLoading ? skeleton(2) : nothing}
      ${value && value.items.length === 0 ? html`<p class="empty">Only the owner’s own credential, in the data directory, lets anybody in.</p>` : nothing}
      ${
        value && value.items.length > 0
          ? html`<div class="scroll" role="region" aria-label="Table of credentials" tabindex="0">
              <table role="table" class="stacked">
                <thead role="rowgroup">
                  <tr role="row">
                    <th role="columnheader" scope="col">Who</th>
                    <th role="columnheader" scope="col">For</th>
                    <th role="columnheader" scope="col">Role</th>
                    <th role="columnheader" scope="col">Orgs</th>
                    <th role="columnheader" scope="col">Made</th>
                    <th role="columnheader" scope="col">Ends</th>
                    <th role="columnheader" scope="col">
                      <span class="visually-hidden">Revoke</span>
                    </th>
                  </tr>
                </thead>
                <tbody role="rowgroup">
                  ${value.items.map((credential) => this.#row(credential))}
                </tbody>
              </table>
            </div>`
          : nothing
      }
    </section>`
  }

  /** Its roles are said, as a browser forgets those of a table that its style makes into lines. */
  #row({ id, principal, label, roles, orgs, createdAt, expiresAt }: Credential) {
    const ownLabel = label === principal ? '' : label
    const act = this.ending === id ? 'Yes, end it' : 'Revoke'
    return html`<tr role="row">
      <td role="cell"><b>${principal}</b></td>
      <td role="cell" data-name=${ownLabel === '' ? nothing : 'for'} class="soft" title=${id}>
        ${ownLabel}
      </td>
      <td role="cell" data-name="role">${roles.join(', ')}</td>
      <td role="cell" data-name="orgs">
        ${orgs.map((org) => (org === '*' ? 'all' : org)).join(', ')}
      </td>
      <td role="cell" data-name="made">${since(createdAt)}</td>
      <td role="cell" data-name="ends">
        ${expiresAt === undefined ? html`<span class="soft">never</span>` : since(expiresAt)}
      </td>
      <td role="cell">
        <button
          class="quiet"
          aria-label=${`${act}: that of ${principal}`}
          @click=${() => this.#revoke(id)}
        >
          ${act}
        </button>
      </td>
    </tr>`
  }

  #create() {
    return html`<div class="join">
      ${toolForm({
        tool: 'token_create',
        button: 'Create',
        isOnce: true,
        done: () => this.#tokens.refresh(),
        shown: ({ structuredContent }: ToolAnswer) => {
          const { token } = structuredContent as { token: string } // The tool's output.
          return html`${secretView('Credential', token)}
            <p class="soft">It is shown only now. Whoever has it acts under that name.</p>`
        },
      })}
    </div>`
  }

  #turn(form: 'token' | 'link'): void {
    this.form = this.form === form ? undefined : form
  }

  async #revoke(id: string): Promise<void> {
    if (this.ending !== id) {
      this.ending = id
      return
    }
    this.ending = this.error = undefined
    try {
      await callTool('token_revoke', { id })
      this.#tokens.refresh()
    } catch (error) {
      this.error = toolError(error)
    }
  }
}

const signInLink = html`<div class="join">
  <p class="soft">A link that signs one browser in as you, once, within ten minutes.</p>
  ${toolForm({
    tool: 'login_link',
    button: 'Make a link',
    isOnce: true,
    shown: ({ structuredContent }: ToolAnswer) =>
      secretView('Sign-in link', (structuredContent as { url: string }).url), // The tool's output.
  })}
</div>`

customElements.define('sy-credentials', Credentials)
