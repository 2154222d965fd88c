import { html, nothing } from 'lit'
import type {
  Change,
  ChangeComment,
  ChangeReview,
  Mergeable,
  Revision,
} from '../../schemas/change.ts'
import { PageElement } from '../element.ts'
import { ago } from '../format.ts'
import { Live } from '../live.ts'
import { ToolError, callTool } from '../mcp.ts'
import { diffView } from './diff.ts'
import { problem } from './problem.ts'
import { badge } from './state.ts'

type Shown = {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  reviews: ChangeReview[]
  mergeable: Mergeable
  diff: string
  truncated: boolean
}

/** A change: what it does, its discussion, and what a reviewer can do with it. */
class ChangePanel extends PageElement {
  static override properties = { change: {}, error: { state: true }, busy: { state: true } }
  declare change: string
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #shown = new Live(
    this,
    () => callTool<Shown>('change_read', { change: this.change, max_bytes: 262_144 }),
    (event) => event.subject === this.change,
  )

  override render() {
    const shown = this.#shown.value
    if (!shown) return problem(this.#shown.error)
    const { change, revisions, diff, truncated } = shown
    const last = revisions.at(-1)
    return html`<section class="change" aria-label="Change">
      <h2>Change ${badge(change.state)}</h2>
      <p class="line">
        <code>${change.branch}</code> → <code>${change.target}</code>, revision ${change.revisions},
        ${last ? html`${last.filesChanged} ${last.filesChanged === 1 ? 'file' : 'files'}, <span class="added">+${last.additions}</span> <span class="removed">−${last.deletions}</span>` : nothing}
      </p>
      <p class="body">${change.body}</p>
      ${diffView(diff)}
      ${truncated ? html`<p class="empty">The diff is longer; <code>change_read</code> has all of it.</p>` : nothing}
      ${discussion(shown)} ${standing(shown)} ${problem(this.error)}
      ${change.state === 'open' ? this.#actions(change) : change.mergedAs ? html`<p>Merged by ${change.mergedBy} as <code>${change.mergedAs.slice(0, 12)}</code></p>` : nothing}
    </section>`
  }

  #actions(change: Change) {
    return html`<form class="review" @submit=${(event: Event) => event.preventDefault()}>
      <label><span>Your words</span><textarea name="body" rows="3"></textarea></label>
      <div class="actions">
        <button ?disabled=${this.busy} @click=${() => this.#say('change_comment', {})}>
          Comment
        </button>
        <button
          ?disabled=${this.busy}
          @click=${() => this.#say('change_review', { verdict: 'request_changes' })}
        >
          Request changes
        </button>
        <label class="inline"
          ><input type="checkbox" name="checkout" /> also update my checkout</label
        >
        <button class="primary" ?disabled=${this.busy} @click=${() => this.#merge(change)}>
          Merge
        </button>
      </div>
    </form>`
  }

  async #say(tool: string, args: Record<string, unknown>): Promise<void> {
    const words = this.querySelector<HTMLTextAreaElement>('textarea[name=body]')
    if (await this.#act(tool, { change: this.change, body: words?.value ?? '', ...args }))
      words!.value = '' // It was read above.
  }

  #merge(change: Change): Promise<boolean> {
    const checkout = this.querySelector<HTMLInputElement>('input[name=checkout]')?.checked === true
    return this.#act('change_merge', {
      change: change.id,
      expect_head: change.head,
      update_checkout: checkout,
    })
  }

  async #act(tool: string, args: Record<string, unknown>): Promise<boolean> {
    this.busy = true
    this.error = undefined
    try {
      await callTool(tool, args)
      return true
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
      return false
    } finally {
      this.busy = false
      this.#shown.refresh()
    }
  }
}

/** What keeps an open change from being merged, and why it waits. */
function standing({ change, mergeable }: Shown) {
  if (change.state !== 'open') return nothing
  const { reasons } = mergeable
  return html`${change.waiting ? html`<p class="line">Waits for a person: ${change.waiting}</p>` : nothing}
  ${reasons.map(({ message, blocks }) => html`<p class="line">${blocks ? 'Cannot be merged: ' : 'Note: '}${message}</p>`)}`
}

function placeOf({ path, line, place }: ChangeComment): string {
  if (place === 'gone') return `${path}:${line ?? ''} (gone)`
  return place ? `${place.path}:${place.line ?? ''}` : `${path}:${line ?? ''}`
}

function discussion({ comments, reviews }: Shown) {
  const said = [
    ...comments.map((comment) => ({
      ...comment,
      who: comment.author,
      what: `${comment.path ? placeOf(comment) : 'comments'}${comment.resolve ? ` (${comment.resolve}, ${comment.state})` : ''}`,
    })),
    ...reviews.map((review) => ({
      ...review,
      who: review.reviewer,
      what: review.verdict === 'accept' ? 'accepts' : 'asks for changes',
    })),
  ].sort((a, b) => a.createdAt - b.createdAt)
  if (said.length === 0) return nothing
  return html`<ol class="discussion">
    ${said.map(
      ({ who, what, body, revision, createdAt }) =>
        html`<li>
          <b>${who}</b> ${what} on revision ${revision}, <time>${ago(createdAt)}</time>
          <p class="body">${body}</p>
        </li>`,
    )}
  </ol>`
}

customElements.define('sy-change', ChangePanel)
