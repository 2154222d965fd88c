import { html, nothing } from 'lit'
import type {
  Change,
  ChangeComment,
  ChangeReview,
  Mergeable,
  Revision,
} from '../../schemas/change.ts'
import { checkList } from './checks.ts'
import { since } from './time.ts'

/** What change_read says of a change. */
export type ReadChange = {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  reviews: ChangeReview[]
  mergeable: Mergeable
}

const stands = ({ state, draft }: Change, { ready }: Mergeable) =>
  state === 'open' ? (draft ? 'draft' : ready ? 'ready' : 'blocked') : state

const words = {
  ready: 'Ready to merge',
  draft: 'A draft, not ready for review',
  blocked: 'Not ready to merge',
  merged: 'Merged',
  closed: 'Closed without merging',
}

/** What a reviewer has to know first: whether it may go in, what speaks against it, how large it is. */
export function standingView({ change, revisions, reviews, mergeable }: ReadChange) {
  const standing = stands(change, mergeable)
  const last = revisions.at(-1)
  const { approvals, required, reasons } = mergeable
  const newest = reviews.filter(({ revision }) => revision === change.revisions)
  return html`<div class="standing">
    <p class="verdict" data-state=${standing}>
      <b>${words[standing]}</b>
      ${required === undefined || change.state !== 'open' ? nothing : html`<span class="soft">${approvals} of ${required} approvals</span>`}
    </p>
    ${
      change.mergedAs
        ? html`<p>Merged by ${change.mergedBy} as <code>${change.mergedAs.slice(0, 12)}</code></p>`
        : nothing
    }
    ${change.state === 'open' ? reasonList(change, reasons) : nothing}
    ${newest.map(
      ({ reviewer, verdict, counts, createdAt }) =>
        html`<p class="line">
          <span class="said-state" data-state=${verdict === 'accept' ? 'done' : 'waiting'}
            >${verdict === 'accept' ? 'approved' : 'asks for changes'}</span
          >
          <b>${reviewer}</b> ${since(createdAt)}
          ${verdict === 'accept' && !counts ? html`<span>does not count: asked for it, or is an agent</span>` : nothing}
        </p>`,
    )}
    ${last && last.checks.length > 0 ? checkList(last.checks) : html`<p class="line">No checks ran on revision ${change.revisions}.</p>`}
  </div>`
}

const reasonList = ({ waiting, conflict }: Change, reasons: Mergeable['reasons']) =>
  reasons.length === 0 && waiting === undefined && conflict === undefined
    ? nothing
    : html`<ul class="reasons" role="list">
        ${waiting === undefined ? nothing : html`<li data-blocks>Waits for a person: ${waiting}</li>`}
        ${reasons.map(({ message, blocks }) => html`<li ?data-blocks=${blocks}>${blocks ? nothing : 'Note: '}${message}</li>`)}
        ${conflict === undefined ? nothing : html`<li>An agent is to resolve the conflict in ${conflict.files.map(({ path }) => path).join(', ')}.</li>`}
      </ul>`

/** What a reviewer does, by the names of its buttons. */
export type Act =
  | 'comment'
  | 'request_changes'
  | 'accept'
  | 'merge'
  | 'resolve'
  | 'check'
  | 'ready'
  | 'close'

type Form = {
  read: ReadChange
  revision: number
  drafts: number
  isBusy: boolean
  act(act: Act): void
}

/** The words and buttons of a verdict. */
export function verdictForm({ read, revision, drafts, isBusy, act }: Form) {
  const { change, mergeable } = read
  const has = (code: string) => mergeable.reasons.some((reason) => reason.code === code)
  const button = (name: Act, title: unknown, extra = '') =>
    html`<button type="button" class=${extra} ?disabled=${isBusy} @click=${() => act(name)}>
      ${title}
    </button>`
  return html`<form class="review" @submit=${(event: Event) => event.preventDefault()}>
    <label
      ><span>Your words</span
      ><textarea
        name="body"
        rows="2"
        maxlength="20000"
        placeholder="What should be different, or why it is good"
      ></textarea>
    </label>
    ${drafts === 0 ? nothing : html`<p class="line">${drafts === 1 ? '1 comment goes' : `${drafts} comments go`} with your verdict.</p>`}
    <div class="actions">
      ${button('comment', 'Comment')}
      ${change.draft ? button('ready', 'Make it ready for review', 'primary') : html`${button('request_changes', 'Request changes')} ${button('accept', `Approve revision ${revision}`)}`}
    </div>
    ${change.draft ? nothing : mergeRow(button('merge', 'Merge', mergeable.ready ? 'primary' : ''))}
    <div class="actions">
      ${!change.draft && has('conflict') && change.conflict === undefined ? button('resolve', 'Have an agent resolve the conflict') : nothing}
      ${has('merge_unchecked') ? button('check', `Check it with ${change.target} as it is now`) : nothing}
      <details class="more">
        <summary>More</summary>
        <label class="inline"
          ><input type="checkbox" name="force" /> as an owner, whatever is missing</label
        >
        ${button('close', 'Close without merging', 'danger')}
      </details>
    </div>
  </form>`
}

const mergeRow = (merge: unknown) =>
  html`<div class="actions">
    <select name="strategy" aria-label="How it is brought in">
      <option value="">Merge as the org does</option>
      <option value="merge">With a merge commit</option>
      <option value="squash">Squashed into one commit</option>
      <option value="rebase">Rebased</option>
      <option value="fast_forward">By fast-forward only</option>
    </select>
    <label class="inline"><input type="checkbox" name="checkout" /> also update my checkout</label>
    ${merge}
  </div>`
