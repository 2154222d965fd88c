import { html } from 'lit'
import { ref } from 'lit/directives/ref.js'
import type { Message } from './answer.ts'
import { textOf } from './message.ts'

type Ends = { done(text: string): void; cancel(): void }

/** A message that is said again in other words: a branch beside the first. */
export function editView(message: Message, { done, cancel }: Ends) {
  const submit = (event: Event) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement // The listener sits on the form.
    const text = form.querySelector('textarea')?.value.trim() ?? ''
    if (text !== '') done(text)
  }
  const keydown = (event: KeyboardEvent) => {
    if (event.isComposing) return
    if (event.key === 'Escape') cancel()
    else if (event.key === 'Enter' && !event.shiftKey)
      (event.currentTarget as HTMLTextAreaElement).form?.requestSubmit()
    else return
    event.preventDefault()
  }
  return html`<form class="said editing" @submit=${submit}>
    <textarea
      aria-label="Edit your message"
      maxlength="100000"
      .value=${textOf(message.parts)}
      @keydown=${keydown}
      ${ref(focusOnce)}
    ></textarea>
    <div class="actions">
      <button type="button" @click=${cancel}>Cancel</button>
      <button class="primary">Send</button>
    </div>
  </form>`
}

/** The caret stands at the end as soon as the field is there. */
function focusOnce(element: Element | undefined): void {
  if (!(element instanceof HTMLTextAreaElement)) return
  queueMicrotask(() => {
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  })
}
