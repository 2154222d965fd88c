import { html, nothing } from 'lit'
import type { Change, Mergeable, Revision } from '../../schemas/change.ts'
import { words } from '../format.ts'
import { diffView } from '../parts/diff-view.ts'

type Output = {
  change: Change
  revisions: Revision[]
  mergeable: Mergeable
  diff: string
  truncated: boolean
}

/** A change: its state, size, what keeps it from being merged, and its diff. */
export const changeCard = ({ change, revisions, mergeable, diff, truncated }: Output) => {
  const last = revisions.at(-1)
  return html`<article>
    <h1><b class="state" data-state=${change.state}>${words(change.state)}</b> ${change.title}</h1>
    <p class="soft">
      <code>${change.branch}</code> → <code>${change.target}</code>, revision ${change.revisions}
      ${last ? html`, <span class="added">+${last.additions}</span> <span class="removed">−${last.deletions}</span>` : nothing}
    </p>
    ${change.body ? html`<p class="body">${change.body}</p>` : nothing}
    ${change.state === 'open' ? mergeable.reasons.map(({ message }) => html`<p>${message}</p>`) : nothing}
    ${diffView(diff)}
    ${truncated ? html`<p class="soft">The diff is longer than what is shown.</p>` : nothing}
  </article>`
}
