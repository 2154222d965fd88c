import { html } from 'lit'
import './secret.css'

/** What is shown once: whole, to be copied with one press, and in nothing that stays. */
export const secretView = (name: string, secret: string) =>
  html`<div class="secret" role="group" aria-label=${name}>
    <code>${secret}</code>
    <button
      type="button"
      class="primary"
      @click=${(event: Event) => void copy(event.currentTarget as HTMLButtonElement, secret)}
    >
      Copy
    </button>
  </div>`

async function copy(button: HTMLButtonElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    button.textContent = 'Copied'
  } catch {
    // Without a secure origin a browser gives no clipboard: then it is selected, to be copied by hand.
    const code = button.parentElement?.querySelector('code')
    if (code) getSelection()?.selectAllChildren(code)
    button.textContent = 'Press Ctrl C'
  }
}
