import { html, nothing } from 'lit'
import type { ChangeReview } from '../../schemas/change.ts'
import type { Answer, Thread } from './change-threads.ts'
import { isOpen, threadView } from './change-threads.ts'
import './markdown.ts'
import { since } from './time.ts'

type Discussion = {
  threads: Thread[]
  reviews: ChangeReview[]
  answer: Answer | undefined
  /** Brings a file into sight. */
  show(path: string): void
}

/** All that was said, in the order it was; what stands at a line is a line here that leads there. */
export function discussionView({ threads, reviews, answer, show }: Discussion) {
  const said = [
    ...threads.map((thread) => ({ at: thread.root.createdAt, thread })),
    ...reviews.map((review) => ({ at: review.createdAt, review })),
  ].sort((a, b) => a.at - b.at)
  if (said.length === 0) return nothing
  const open = threads.filter(isOpen).length
  return html`<section aria-label="Discussion">
    <h2>Discussion ${open > 0 ? html`<span class="count">${open} open</span>` : nothing}</h2>
    <ol class="discussion" role="list">
      ${said.map((one) =>
        'review' in one
          ? reviewView(one.review)
          : one.thread.root.path === undefined
            ? html`<li>${threadView(one.thread, answer)}</li>`
            : pointer(one.thread, show),
      )}
    </ol>
  </section>`
}

const reviewView = ({ reviewer, verdict, revision, body, createdAt }: ChangeReview) =>
  html`<li>
    <p class="line">
      <b>${reviewer}</b>
      <span>${verdict === 'accept' ? 'approves' : 'asks for changes'} on revision ${revision}</span>
      ${since(createdAt)}
    </p>
    ${body === '' ? nothing : html`<sy-markdown .text=${body} .level=${3}></sy-markdown>`}
  </li>`

const pointer = ({ root, replies }: Thread, show: (path: string) => void) => {
  const { author, path = '', line, body, place, createdAt } = root
  const now = place === undefined || place === 'gone' ? { path, line } : place
  return html`<li>
    <p class="line">
      ${root.resolve ? html`<span class="said-state" data-state=${root.state}>${root.state}</span>` : nothing}
      <b>${author}</b>
      <button type="button" class="link" @click=${() => show(now.path)}>
        <code>${now.path}${now.line === undefined ? '' : `:${now.line}`}</code>
      </button>
      ${since(createdAt)}
      ${replies.length > 0 ? html`<span>${replies.length} ${replies.length === 1 ? 'answer' : 'answers'}</span>` : nothing}
    </p>
    <p class="excerpt">${body.split('\n')[0]}</p>
  </li>`
}
