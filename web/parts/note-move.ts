import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { go } from '../route.ts'
import { diffView } from './diff-view.ts'
import { nameOf } from './note.ts'
import { problem } from './problem.ts'

type Plan = {
  moves: { from: string; to: string }[]
  rewrites: { path: string; links: number; diff?: string }[]
  links: number
  closed: string[]
}

/** Where a note goes, and which links are written anew for it: first the plan, then the move. Tells `close`. */
class MoveNote extends PageElement {
  static override properties = {
    vault: {},
    path: {},
    etag: {},
    to: { state: true },
    plan: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare vault: string
  declare path: string
  declare etag: string
  declare to: string | undefined
  declare plan: Plan | undefined
  declare error: ToolError | undefined
  declare busy: boolean

  protected override firstUpdated(): void {
    this.querySelector('input')?.select()
  }

  override render() {
    return html`<form class="panel" aria-label="Move or rename" @submit=${this.#submit}>
      <label
        ><span>New path</span
        ><input
          name="to"
          required
          maxlength="1000"
          autocomplete="off"
          .value=${this.to ?? this.path}
          @input=${this.#typed}
      /></label>
      ${problem(this.error)} ${this.plan ? planView(this.plan) : nothing}
      <div class="actions">
        <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('close'))}>
          Cancel
        </button>
        <button class="primary" ?disabled=${this.busy}>
          ${this.plan ? moveWords(this.plan) : 'Show what changes'}
        </button>
      </div>
    </form>`
  }

  readonly #typed = (event: InputEvent): void => {
    this.to = (event.target as HTMLInputElement).value // The listener sits on it.
    this.plan = undefined
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    this.busy = true
    this.error = undefined
    const isPlanned = this.plan !== undefined
    try {
      const plan = await callTool<Plan>('note_move', {
        vault: this.vault,
        from: this.path,
        to: this.to ?? this.path,
        if_match: this.etag,
        dry_run: !isPlanned,
      })
      if (!isPlanned) this.plan = plan
      else go('notes', plan.moves[0]?.to ?? this.path, { vault: this.vault })
    } catch (error) {
      this.error = toolError(error)
      this.plan = undefined
    } finally {
      this.busy = false
    }
  }
}

const moveWords = ({ links, rewrites }: Plan) =>
  links === 0
    ? 'Move'
    : `Move and rewrite ${links} ${links === 1 ? 'link' : 'links'} in ${rewrites.length} ${rewrites.length === 1 ? 'note' : 'notes'}`

const planView = ({ moves, rewrites, closed }: Plan) =>
  html`<ul class="plain" aria-label="Moves">
      ${moves.map(({ from, to }) => html`<li>${from} → <b>${to}</b></li>`)}
    </ul>
    ${rewrites.length === 0 ? html`<p class="line">No other note links to it.</p>` : nothing}
    ${rewrites.map(
      ({ path, links, diff }) =>
        html`<details>
          <summary>
            ${nameOf(path)} <span class="count">${links}</span>
            ${closed.includes(path) ? html`<span class="count">may not be changed</span>` : nothing}
          </summary>
          ${diff === undefined ? nothing : diffView(diff)}
        </details>`,
    )}`

customElements.define('sy-note-move', MoveNote)
