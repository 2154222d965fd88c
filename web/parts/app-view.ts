import { html, nothing } from 'lit'
import type { Wish } from '../app-host.ts'
import './app.css'

/** What an app asks for, until a person has answered. */
export type AskedWish = Wish & { settle(isGranted: boolean): void }

/** An app as it stands: on its way, at work, ended by itself, or not to be had. */
export type AppView = {
  server: string
  state: 'opening' | 'shown' | 'ended' | 'failed'
  /** The frame that the app runs in; while it is on its way it is there, and empty. */
  frame: unknown
  /** Why it cannot be shown. */
  error: string
  wishes: AskedWish[]
  /** What a person refused it last. */
  refused: string
  open(): void
}

export const appView = (app: AppView) =>
  html`${note(app)}
  ${app.state === 'opening' || app.state === 'shown' ? html`<div class="app" aria-busy=${app.state === 'opening' ? 'true' : 'false'}>${app.frame}</div>` : nothing}
  ${app.wishes.map((wish) => wishView(app.server, wish))}
  ${
    app.refused
      ? html`<p class="app-note" role="status">
          You refused: to ${app.refused}. The app goes on without it.
        </p>`
      : nothing
  }`

function note({ server, state, error, open }: AppView) {
  switch (state) {
    case 'shown':
      return nothing
    case 'opening':
      return html`<p class="app-note" role="status">Opening the app of <b>${server}</b> …</p>`
    case 'ended':
      return html`<div class="app-note" role="status">
        <span>The app of <b>${server}</b> has ended.</span>
        <button type="button" @click=${open}>Open it again</button>
      </div>`
    case 'failed':
      return html`<div class="problem" role="alert">
        <span>The app of <b>${server}</b> cannot be shown: ${error}</span>
        <button type="button" @click=${open}>Try again</button>
      </div>`
  }
}

const wishView = (server: string, { what, detail, settle }: AskedWish) =>
  html`<div class="app-wish" role="alertdialog" aria-label="The app asks">
    <p>The app of <b>${server}</b> wants to ${what}.</p>
    ${detail ? html`<pre tabindex="0">${detail}</pre>` : nothing}
    <div class="app-answers">
      <button type="button" class="primary" @click=${() => settle(true)}>Allow</button>
      <button type="button" @click=${() => settle(false)}>Refuse</button>
    </div>
  </div>`
