import { html } from 'lit'
import { toast } from './toast.ts'

/** A long id keeps what tells it from others: its kind, and its end. */
const shortChars = 16

/** An id, short, which a click copies whole. */
export const copyable = (id: string) =>
  html`<button type="button" class="copyable" title="Copy ${id}" @click=${() => void copy(id)}>
    <span class="visually-hidden">Copy</span>
    <code>${id.length > shortChars ? `${id.slice(0, 6)}…${id.slice(-6)}` : id}</code>
  </button>`

/** Copies a text, and says what came of it. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast('Copied')
  } catch {
    toast(`The browser does not allow copying: ${text}`) // Over plain HTTP to another machine.
  }
}
