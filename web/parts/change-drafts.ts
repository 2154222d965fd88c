import { html, nothing } from 'lit'
import type { Place } from './diff-chunk.ts'

/** A comment that is not sent yet: it goes with the verdict. */
export type Draft = Place & { revision: number; body: string; resolve?: 'required' | 'optional' }

/** As many as one verdict takes. */
export const mostDrafts = 50

const nameOf = (change: string) => `drafts of ${change}`

/** Drafts stay with the tab, so that a reload loses none; what cannot be read is none. */
export function readDrafts(change: string): Draft[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(nameOf(change)) ?? '[]')
    return Array.isArray(kept) ? (kept as Draft[]) : [] // Written below.
  } catch {
    return []
  }
}

export function keepDrafts(change: string, drafts: Draft[]): void {
  if (drafts.length === 0) sessionStorage.removeItem(nameOf(change))
  else sessionStorage.setItem(nameOf(change), JSON.stringify(drafts))
}

export const draftView = (draft: Draft, remove: () => void) =>
  html`<article class="thread draft" aria-label="Comment not sent yet">
    <p class="line">
      <span class="said-state" data-state="waiting">not sent</span>
      <span>goes with your verdict${draft.resolve ? ', asks for work' : ''}</span>
      <button type="button" class="quiet" @click=${remove}>Remove</button>
    </p>
    <p class="body">${draft.body}</p>
  </article>`

/** Drafts of a revision that is not reviewed any more, and the way to them. */
export const earlierDrafts = (
  drafts: Draft[],
  reviewed: number,
  choose: (revision: number, since: undefined) => void,
) => {
  const earlier = drafts.find(({ revision }) => revision !== reviewed)
  if (!earlier) return nothing
  return html`<p class="notice-line">
    Comments that you wrote on revision ${earlier.revision} are not sent.
    <button @click=${() => choose(earlier.revision, undefined)}>Look at them</button>
  </p>`
}

type Form = {
  place: Place
  isFull: boolean
  /** Takes the words: kept for the verdict, or sent at once. False where they could not be taken. */
  take(given: Pick<Draft, 'body' | 'resolve'>, isSent: boolean): Promise<boolean>
  close(): void
}

/** The words for a line. */
export const commentForm = ({ place, isFull, take, close }: Form) => {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    const [body, resolve] = [fields.get('body'), fields.get('resolve')]
    if (typeof body !== 'string' || body.trim() === '') return
    const asked = resolve === 'required' || resolve === 'optional' ? { resolve } : {}
    const isSent = event.submitter?.getAttribute('value') === 'send'
    await take({ body: body.trim(), ...asked } as Pick<Draft, 'body' | 'resolve'>, isSent)
  }
  const escape = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') close()
    const isSend = event.key === 'Enter' && (event.metaKey || event.ctrlKey)
    if (isSend && event.currentTarget instanceof HTMLFormElement)
      event.currentTarget.requestSubmit(event.currentTarget.querySelector<HTMLElement>('.primary'))
  }
  return html`<form class="thread writing" @submit=${submit} @keydown=${escape}>
    <textarea
      name="body"
      rows="3"
      required
      maxlength="20000"
      aria-label="Comment on line ${place.line} of ${place.path}"
      placeholder="Comment on line ${place.line}"
    ></textarea>
    <div class="actions">
      <select name="resolve" aria-label="What it asks for">
        <option value="">A remark</option>
        <option value="required">Has to be settled</option>
        <option value="optional">May be settled</option>
      </select>
      <button type="button" @click=${close}>Cancel</button>
      <button value="send">Send now</button>
      <button class="primary" value="keep" ?disabled=${isFull}>Add to review</button>
    </div>
  </form>`
}
