import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'
import type { Draft } from './change-drafts.ts'
import { commentForm, draftView, mostDrafts } from './change-drafts.ts'
import { fileList } from './change-files.ts'
import type { Answer, Shown, Thread } from './change-threads.ts'
import { placeOf, threadView } from './change-threads.ts'
import type { ReadChange } from './change-verdict.ts'
import type { Notes, Place } from './diff-chunk.ts'
import type { DiffFile } from './diff-lines.ts'
import { filesOf } from './diff-lines.ts'
import type { Diff } from './diff.ts'
import './diff.ts'
import { problem } from './problem.ts'
import { skeleton } from './skeleton.ts'

/** As much as the hub gives of one difference. */
const mostBytes = 1_048_576

/** The difference of a change with its files, and what is said and being written at its lines. */
export class ChangeDiff extends PageElement {
  static override properties = {
    read: {},
    shown: {},
    threads: {},
    answer: {},
    drafts: {},
    mayWrite: {},
    keep: {},
    send: {},
    writing: { state: true },
  }
  declare read: ReadChange
  declare shown: Shown
  declare threads: Thread[]
  declare answer: Answer | undefined
  declare drafts: Draft[]
  /** Whether what is shown is what the verdict will be about. */
  declare mayWrite: boolean
  declare keep: (drafts: Draft[]) => void
  declare send: (draft: Draft) => Promise<boolean>
  declare writing: Place | undefined
  readonly #diff = new Query<{ diff: string; truncated: boolean }>(this, () => this.#asked())

  override render() {
    const { value, error } = this.#diff
    if (!value) return error ? problem(error) : skeleton(12)
    const files = filesOf(value.diff)
    const said = this.#said(files)
    return html`<div class="files-and-diff">
      ${fileList(files, said, (path) => this.show(path))}
      <div>
        ${value.truncated ? html`<p class="line">The difference is longer than ${mostBytes / 1_048_576} MiB; <code>repo_diff</code> and a checkout have all of it.</p>` : nothing}
        ${files.length === 0 ? html`<p class="empty">Nothing differs.</p>` : nothing}
        <sy-diff .diff=${value.diff} .notes=${this.#notes(said)}></sy-diff>
      </div>
    </div>`
  }

  /** Brings a file into sight. */
  show(path: string): void {
    this.#lines?.show(path)
  }

  /** Brings the file after or before the one in sight there. */
  step(by: number): void {
    this.#lines?.show(by)
  }

  get #lines(): Diff | null {
    return this.querySelector<Diff>('sy-diff')
  }

  /** What two commits differ in stays as it is, so no event makes it stale. */
  #asked() {
    // One that is defined only after it stands in the page has nothing yet.
    const read = this.read as ReadChange | undefined
    if (read === undefined) return undefined
    const { change, revisions } = read
    const { revision, since } = this.shown
    const args = { max_bytes: mostBytes }
    const never = () => false
    if (since === undefined)
      return {
        tool: 'change_read',
        args: { ...args, change: change.id, revision },
        staleBy: never,
      }
    const head = (number: number) => revisions.find((one) => one.number === number)?.head ?? ''
    const [from, to] = [head(since), head(revision)]
    return { tool: 'repo_diff', args: { ...args, repo: change.repo, from, to }, staleBy: never }
  }

  /** Threads and drafts by where they stand; what has no line in the difference stands at its file. */
  #said(files: DiffFile[]): Map<string, unknown[]> {
    const said = new Map<string, unknown[]>()
    const add = (place: Place | { path: string } | undefined, view: unknown) => {
      if (!place) return
      const isThere = 'line' in place && hasLine(files, place)
      const key = isThere ? keyOf(place) : place.path
      said.set(key, [...(said.get(key) ?? []), view])
    }
    for (const thread of this.threads)
      add(placeOf(thread.root, this.shown), threadView(thread, this.answer))
    for (const draft of this.drafts)
      if (draft.revision === this.shown.revision)
        add(
          draft,
          draftView(draft, () => this.keep(this.drafts.filter((one) => one !== draft))),
        )
    if (this.writing) add(this.writing, this.#form(this.writing))
    return said
  }

  #notes(said: Map<string, unknown[]>): Notes {
    return {
      at: (place) => said.get(keyOf(place)),
      ofFile: (path) => {
        const found = said.get(path)
        return found ? html`<div class="said">${found}</div>` : undefined
      },
      ...(this.mayWrite ? { begin: this.#begin } : {}),
      isOldForeign: this.shown.since !== undefined,
    }
  }

  #form(place: Place) {
    const isFull = this.drafts.length >= mostDrafts
    return commentForm({ place, isFull, take: this.#take, close: this.#close })
  }

  readonly #begin = (place: Place): void => {
    this.writing = place
    void this.updateComplete
      .then(() => this.#lines?.updateComplete)
      .then(() =>
        requestAnimationFrame(() => this.querySelector<HTMLElement>('.writing textarea')?.focus()),
      )
  }

  readonly #close = (): void => {
    const place = this.writing
    this.writing = undefined
    if (!place) return
    const label = `Comment on ${place.side === 'old' ? 'removed ' : ''}line ${place.line}`
    const block = [...this.querySelectorAll<HTMLElement>('details.diff')].find(
      ({ dataset }) => dataset.path === place.path,
    )
    const buttons = block?.querySelectorAll<HTMLElement>('button.n') ?? []
    ;[...buttons].find((button) => button.getAttribute('aria-label') === label)?.focus()
  }

  readonly #take = async (
    given: Pick<Draft, 'body' | 'resolve'>,
    isSent: boolean,
  ): Promise<boolean> => {
    if (!this.writing) return false
    const draft: Draft = { ...this.writing, ...given, revision: this.shown.revision }
    if (isSent && !(await this.send(draft))) return false
    if (!isSent) this.keep([...this.drafts, draft])
    this.#close()
    return true
  }
}

const keyOf = ({ path, line, side }: Place) => `${side} ${line} ${path}`

const lineSets = new WeakMap<DiffFile[], Set<string>>()

function hasLine(files: DiffFile[], place: Place): boolean {
  let known = lineSets.get(files)
  if (!known) {
    known = new Set()
    for (const { path, lines } of files)
      for (const line of lines) {
        if ('new' in line) known.add(keyOf({ path, line: line.new, side: 'new' }))
        if ('old' in line) known.add(keyOf({ path, line: line.old, side: 'old' }))
      }
    lineSets.set(files, known)
  }
  return known.has(keyOf(place))
}

customElements.define('sy-change-diff', ChangeDiff)
