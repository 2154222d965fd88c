import { html, nothing } from 'lit'
import type { ChangeComment } from '../../schemas/change.ts'
import type { Place } from './diff-chunk.ts'
import './markdown.ts'
import { since } from './time.ts'

/** A comment with the answers to it, and to those. */
export type Thread = { root: ChangeComment; replies: ChangeComment[] }

export function threadsOf(comments: ChangeComment[]): Thread[] {
  const known = new Map<string, Thread>()
  const roots: Thread[] = []
  for (const comment of comments) {
    const asked = comment.replyTo === undefined ? undefined : known.get(comment.replyTo)
    if (asked) {
      asked.replies.push(comment)
      known.set(comment.id, asked)
    } else {
      const thread = { root: comment, replies: [] }
      known.set(comment.id, thread)
      roots.push(thread)
    }
  }
  return roots
}

/** Which difference is shown: the one of a revision, or what a later revision changed since. */
export type Shown = { revision: number; isLast: boolean; since?: number | undefined }

/** Where a thread stands in what is shown: at a line, at the head of a file, or nowhere. */
export function placeOf(
  { path, line, side = 'new', revision, place }: ChangeComment,
  shown: Shown,
): Place | { path: string } | undefined {
  if (path === undefined) return undefined
  if (shown.since !== undefined && side === 'old') return undefined // Of a text that is not shown.
  if (revision === shown.revision) return line === undefined ? { path } : { path, line, side }
  if (!shown.isLast) return undefined
  if (place === undefined || place === 'gone') return { path }
  return place.line === undefined
    ? { path: place.path }
    : { path: place.path, line: place.line, side }
}

export const isOpen = ({ root }: Thread): boolean =>
  root.state === 'open' && root.resolve !== undefined

export type Answer = (thread: Thread, body: string, settles: boolean) => Promise<boolean>

const asks = { required: 'has to be settled', optional: 'may be settled' }

/** A thread with its state and, while the change is open, the way to answer. */
export const threadView = (thread: Thread, answer: Answer | undefined) => {
  const { root, replies } = thread
  return html`<article
    class="thread"
    aria-label="Comment by ${root.author}"
    data-state=${root.state}
  >
    ${commentView(root)} ${replies.map(commentView)} ${answer ? replyForm(thread, answer) : nothing}
  </article>`
}

const commentView = (comment: ChangeComment) => {
  const { author, revision, createdAt, resolve, state, addressedIn, body, place } = comment
  return html`<div class="comment">
    <p class="line">
      ${resolve === undefined ? nothing : html`<span class="said-state" data-state=${state}>${state === 'open' ? asks[resolve] : state}</span>`}
      <b>${author}</b> ${since(createdAt)}
      <span>on revision ${revision}${place === 'gone' ? ', the line is gone' : ''}</span>
      ${addressedIn ? html`<span>in <code>${addressedIn.commit.slice(0, 10)}</code> of revision ${addressedIn.revision}</span>` : nothing}
    </p>
    <sy-markdown .text=${body} .level=${4}></sy-markdown>
  </div>`
}

const replyForm = (thread: Thread, answer: Answer) => {
  const mayResolve = thread.root.resolve !== undefined && thread.root.state !== 'resolved'
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    const body = new FormData(form).get('body')
    const words = typeof body === 'string' ? body.trim() : ''
    const settles = event.submitter?.getAttribute('value') === 'resolve'
    if (words === '' && !settles) return form.querySelector('textarea')?.focus()
    if (!(await answer(thread, words === '' ? 'Resolved.' : words, settles))) return
    form.reset()
    form.closest('details')?.removeAttribute('open')
  }
  return html`<details class="reply">
    <summary>Reply${mayResolve ? ' or resolve' : ''}</summary>
    <form @submit=${submit}>
      <textarea name="body" rows="2" maxlength="20000" aria-label="Reply"></textarea>
      <div class="actions">
        ${mayResolve ? html`<button value="resolve">Resolve</button>` : nothing}
        <button class="primary" value="reply">Reply</button>
      </div>
    </form>
  </details>`
}
