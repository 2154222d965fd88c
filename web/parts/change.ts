import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'
import { loadPart } from '../load-part.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { go, href, readRoute } from '../route.ts'
import './change.css'
import { stateOf } from './change-row.ts'
import type { ChangeDiff } from './change-diff.ts'
import { discussionView } from './change-discussion.ts'
import { callOf } from './change-acts.ts'
import type { Draft } from './change-drafts.ts'
import { earlierDrafts, keepDrafts, readDrafts } from './change-drafts.ts'
import { revisionsView } from './change-revisions.ts'
import type { Shown, Thread } from './change-threads.ts'
import { threadsOf } from './change-threads.ts'
import type { Act, ReadChange } from './change-verdict.ts'
import { standingView, verdictForm } from './change-verdict.ts'
import './markdown.ts'
import { problem } from './problem.ts'
import './repo.ts'
import { skeleton } from './skeleton.ts'
import { badge } from './state.ts'
import { since } from './time.ts'
import { toast } from './toast.ts'

/** A change: what has to be known of it first, its verdict, its difference and its discussion. */
class ChangePanel extends PageElement {
  static override properties = {
    change: {},
    isPage: {},
    drafts: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare change: string
  /** Whether it is the page's own thing, and not a part of a task. */
  declare isPage: boolean | undefined
  declare drafts: Draft[]
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #read = new Query<ReadChange>(this, () => ({
    tool: 'change_read',
    args: { change: this.change, max_bytes: 0 },
    staleBy: ({ subject, kind }) => subject === this.change && kind.startsWith('change.'),
  }))
  /**
   * The revision that is reviewed: the last one when the change was opened. One that comes in meanwhile
   * is announced, so that nobody approves or merges what was never on the screen.
   */
  #reviewed: { change: string; revision: number; follows: boolean } | undefined

  constructor() {
    super()
    const key = (key: string, title: string, run: () => void) => ({
      key,
      title,
      // Beside others, such as in an inbox, a key is only for the one that is worked in.
      run: () => (this.isPage || this.contains(document.activeElement)) && run(),
    })
    takeKeys(this, [
      key('a', 'Approve the revision', () => void this.#act('accept')),
      key('r', 'Request changes', () => void this.#act('request_changes')),
      key('n', 'Next file', () => this.#diff?.step?.(1)),
      key('p', 'File before', () => this.#diff?.step?.(-1)),
    ])
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('change')) return
    this.drafts = readDrafts(this.change)
    this.error = undefined
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', this.#moved)
    if (!customElements.get('sy-change-diff')) void loadPart(() => import('./change-diff.ts')) // What is seen first does not wait for it.
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('hashchange', this.#moved)
  }

  override render() {
    const read = this.#read.value
    if (!read) return this.#read.error ? problem(this.#read.error) : skeleton(8)
    const { change, revisions } = read
    const reviewed = this.#reviewedOf(read)
    const shown = this.#shown(reviewed, change.revisions)
    const threads = threadsOf(read.comments)
    const mayAnswer = change.state === 'open' ? this.#answer : undefined
    const last = revisions.find(({ number }) => number === reviewed)
    return html`<section class="change" aria-label="Change">
      ${this.isPage ? html`<h1>${badge(stateOf(change))} ${change.title}</h1>` : html`<h2>Change ${badge(stateOf(change))}</h2>`}
      <p class="line">
        <span
          ><code>${change.branch}</code> → <code>${change.target}</code>, revision ${reviewed}</span
        >
        ${last ? html`<span>${last.filesChanged} ${last.filesChanged === 1 ? 'file' : 'files'}, <span class="added">+${last.additions}</span> <span class="removed">−${last.deletions}</span></span>` : nothing}
        <span
          >by ${change.author}${change.importedBy ? `, taken in by ${change.importedBy}` : ''}</span
        >
        ${since(change.createdAt)}
        ${this.isPage ? html`<span>in <sy-repo .repo=${change.repo}></sy-repo></span>` : html`<a href=${href('changes', change.id)}>Open the change</a>`}
        ${this.isPage && change.task ? html`<a href=${href('tasks', change.task)}>Its task</a>` : nothing}
      </p>
      ${problem(this.#read.error)} ${earlierDrafts(this.drafts, reviewed, this.#choose)}
      ${reviewed < change.revisions ? this.#news(change.revisions) : nothing}
      <div class="decide">
        ${standingView(read)}
        ${change.state === 'open' ? verdictForm({ read, revision: reviewed, drafts: this.drafts.filter((draft) => draft.revision === reviewed).length, isBusy: this.busy, act: (act) => void this.#act(act) }) : nothing}
        ${problem(this.error)}
      </div>
      ${change.body === '' ? nothing : html`<sy-markdown .text=${change.body} .level=${3}></sy-markdown>`}
      ${revisionsView(
        revisions.filter(({ number }) => number <= reviewed),
        shown,
        this.#choose,
      )}
      <sy-change-diff
        .read=${read}
        .shown=${shown}
        .threads=${threads}
        .answer=${mayAnswer}
        .drafts=${this.drafts}
        .mayWrite=${mayAnswer !== undefined && shown.revision === reviewed}
        .keep=${this.#keep}
        .send=${this.#send}
      ></sy-change-diff>
      ${discussionView({ threads, reviews: read.reviews, answer: mayAnswer, show: (path) => this.#diff?.show?.(path) })}
    </section>`
  }

  #news(newest: number) {
    return html`<p class="notice-line" role="status">
      Revision ${newest} has come in.
      <button @click=${this.#follow}>Review revision ${newest}</button>
    </p>`
  }

  readonly #moved = (): void => this.requestUpdate()

  readonly #follow = (): void => {
    this.#reviewed = undefined
    this.requestUpdate()
  }

  #reviewedOf({ change }: ReadChange): number {
    const held = this.#reviewed
    const isOther = held?.change !== change.id
    if (isOther || (held.follows && held.revision < change.revisions))
      this.#reviewed = { change: change.id, revision: change.revisions, follows: false }
    return this.#reviewed?.revision ?? change.revisions
  }

  #shown(reviewed: number, newest: number): Shown {
    const { params } = readRoute(location.hash)
    const number = (name: string) => {
      const given = Number(params.get(name))
      return Number.isInteger(given) && given >= 1 && given <= reviewed ? given : undefined
    }
    const revision = number('revision') ?? reviewed
    const since = number('since')
    return {
      revision,
      isLast: revision === newest,
      ...(since === undefined || since >= revision ? {} : { since }),
    }
  }

  readonly #choose = (revision: number, since: number | undefined): void => {
    const { page, thing, params } = readRoute(location.hash)
    const { revision: _old, since: _since, ...others } = Object.fromEntries(params)
    const isDefault = revision === this.#reviewed?.revision
    go(page, thing, {
      ...others,
      ...(isDefault ? {} : { revision: String(revision) }),
      ...(since === undefined ? {} : { since: String(since) }),
    })
  }

  /** It can do nothing before it is loaded. */
  get #diff(): Partial<Pick<ChangeDiff, 'show' | 'step'>> | null {
    return this.querySelector<ChangeDiff>('sy-change-diff')
  }

  readonly #keep = (drafts: Draft[]): void => {
    keepDrafts(this.change, drafts)
    this.drafts = drafts
  }

  readonly #send = (draft: Draft): Promise<boolean> =>
    this.#call('change_comment', { change: this.change, ...draft })

  readonly #answer = ({ root }: Thread, body: string, settles: boolean): Promise<boolean> =>
    this.#call('change_comment', { change: this.change, reply_to: root.id, body, settles })

  async #act(act: Act): Promise<void> {
    const read = this.#read.value
    const form = this.querySelector<HTMLFormElement>('form.review')
    if (!read || !form || this.busy) return
    const revision = this.#reviewedOf(read)
    const { change } = this
    const drafts = this.drafts.filter((draft) => draft.revision === revision)
    // Nothing is asked for without words; the field for them is where the key leads then.
    const words = form.querySelector('textarea')
    const needsWords = act === 'comment' || (act === 'request_changes' && drafts.length === 0)
    if (needsWords && words?.value.trim() === '') return words.focus()
    const head = read.revisions.find(({ number }) => number === revision)?.head
    const [tool, args] = callOf(act, { form, change, revision, head, drafts })
    const isDone = await this.#call(tool, args)
    if (!isDone) return
    if (words) words.value = ''
    if (act === 'accept') toast(`Approved revision ${revision}`)
    if (act === 'accept' || act === 'request_changes')
      this.#keep(this.drafts.filter((draft) => !drafts.includes(draft)))
    // Whoever asked for another revision waits for it.
    if (this.#reviewed && (act === 'request_changes' || act === 'resolve'))
      this.#reviewed.follows = true
  }

  async #call(tool: string, args: Record<string, unknown>): Promise<boolean> {
    this.busy = true
    this.error = undefined
    try {
      await callTool(tool, args)
      return true
    } catch (error) {
      this.error = toolError(error)
      return false
    } finally {
      this.busy = false
      this.#read.refresh()
    }
  }
}

customElements.define('sy-change', ChangePanel)
