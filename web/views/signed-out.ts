import { html } from 'lit'
import { PageElement } from '../element.ts'
import { ToolError, hubAway } from '../mcp.ts'
import type { ErrorBody } from '../../schemas/errors.ts'
import { problem } from '../parts/problem.ts'

/** How a person without a session gets one: by a token, or by a link. */
class SignedOut extends PageElement {
  static override properties = { error: { state: true }, busy: { state: true } }
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    return html`<section class="sign-in">
      <h1>You are signed out</h1>
      <form @submit=${this.#signIn}>
        <label
          ><span>Token</span
          ><input
            type="password"
            name="token"
            required
            autocomplete="current-password"
            spellcheck="false"
          /><small
            >From an owner (<code>token_create</code>), or your own: the file <code>token</code> in
            the hub’s data directory.</small
          ></label
        >
        ${problem(this.error)}
        <div class="actions">
          <button class="primary" ?disabled=${this.busy}>
            ${this.busy ? 'Signing in…' : 'Sign in'}
          </button>
        </div>
      </form>
      <p>
        Or run <code>npx switchyard login</code> where the hub runs, and open the link it prints in
        this browser.
      </p>
    </section>`
  }

  readonly #signIn = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const token = new FormData(event.target as HTMLFormElement).get('token') // The listener sits on the form.
    this.busy = true
    this.error = undefined
    try {
      const response = await fetch('/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      })
      if (response.ok) return location.reload() // So that nothing of an earlier session is left.
      const { error } = (await response.json()) as { error: ErrorBody } // As every failure of the hub.
      this.error = new ToolError(error)
    } catch {
      this.error = hubAway()
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-signed-out', SignedOut)
