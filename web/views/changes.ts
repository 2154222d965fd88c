import { html, nothing } from 'lit'
import type { Change } from '../../schemas/change.ts'
import type { Repository } from '../../schemas/repo.ts'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'
import { changeRow } from '../parts/change-row.ts'
import '../parts/change.ts'
import { empty } from '../parts/empty.ts'
import '../parts/pair.css'
import { repoName } from '../parts/repo.ts'
import { rows } from '../parts/rows.ts'
import { tabs } from '../parts/tabs.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'

const states = [
  { name: 'open', title: 'Open' },
  { name: 'merged', title: 'Merged' },
  { name: 'closed', title: 'Closed' },
  { name: 'all', title: 'All' },
]
const nothingThere: Record<string, string> = {
  open: 'Nothing waits for a review.',
  merged: 'Nothing was merged yet.',
  closed: 'Nothing was closed.',
  all: 'Nothing is proposed yet.',
}

/** What is proposed, and the change that is open beside it. */
class Changes extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #repos = new Query<{ items: Repository[] }>(this, () => ({
    tool: 'repo_list',
    args: { limit: 500 },
  }))

  constructor() {
    super()
    takeKeys(this, [
      { key: 'f', title: 'Full width, or beside the list', run: () => this.#widen() },
    ])
  }

  override render() {
    const { state = 'open', repo } = this.#kept()
    const asked = { ...(state === 'all' ? {} : { state }), ...(repo ? { repo } : {}) }
    const { thing } = this
    return html`<div
      class="pair"
      ?data-open=${thing !== undefined}
      ?data-full=${this.params.has('full')}
    >
      <div>
        ${thing === undefined ? html`<h1 class="visually-hidden">Changes</h1>` : nothing}
        <div class="list-head">
          ${tabs(
            'State',
            state,
            states.map((one) => ({
              ...one,
              href: href('changes', thing, { ...this.#kept(), state: one.name }),
            })),
          )}
          ${this.#repoFilter(repo)}
        </div>
        ${rows<Change>({
          label: 'Changes',
          asked: { tool: 'change_list', args: asked },
          key: ({ id }) => id,
          row: (change) => changeRow(change, this.#kept()),
          empty: empty(
            nothingThere[state] ?? 'Nothing is here.',
            'An agent opens a change when its work is ready.',
          ),
          current: thing,
        })}
      </div>
      <div class="thing">
        ${
          thing === undefined
            ? html`<p class="nothing wide-only">Choose a change to review it.</p>`
            : html`<p class="thing-head">
                  <a class="back" href=${href('changes', undefined, this.#kept())}>← All changes</a>
                  <button class="quiet" @click=${() => this.#widen()}>
                    ${this.params.has('full') ? 'Show the list' : 'Full width'}
                  </button>
                </p>
                <sy-change .change=${thing} .isPage=${true}></sy-change>`
        }
      </div>
    </div>`
  }

  #repoFilter(repo: string | undefined) {
    const repos = this.#repos.value?.items ?? []
    if (repos.length < 2 && repo === undefined) return nothing
    const choose = (event: Event) => {
      const { value } = event.target as HTMLSelectElement // The select's own.
      const { repo: _repo, ...kept } = this.#kept()
      go('changes', this.thing, value === '' ? kept : { ...kept, repo: value })
    }
    return html`<select aria-label="Repository" @change=${choose}>
      <option value="">every repository</option>
      ${repos.map((one) => html`<option value=${one.id} ?selected=${one.id === repo}>${repoName(one)}</option>`)}
    </select>`
  }

  /** What of the address stays when another change is opened. */
  #kept(): Record<string, string> & { state?: string; repo?: string } {
    const names = ['state', 'repo', 'full'].filter((name) => this.params.has(name))
    return Object.fromEntries(names.map((name) => [name, this.params.get(name) ?? '']))
  }

  #widen(): void {
    if (this.thing === undefined) return
    const { full, ...others } = Object.fromEntries(this.params)
    go('changes', this.thing, full === undefined ? { ...others, full: '1' } : others)
  }
}

customElements.define('sy-page-changes', Changes)
