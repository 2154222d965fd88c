import { html, nothing } from 'lit'
import type { Plan } from '../../schemas/plan.ts'
import type { Repository } from '../../schemas/repo.ts'
import type { Feature } from '../../schemas/spec.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { graphPreview } from '../parts/graph-preview.ts'
import { parsePlan } from '../parts/plan-text.ts'
import { problem } from '../parts/problem.ts'
import { tabs } from '../parts/tabs.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'

const sources = [
  { name: 'goal', title: 'From a goal' },
  { name: 'steps', title: 'From steps' },
  { name: 'feature', title: 'From a feature' },
]
const example = `build: npm run build
lint: npm run lint
test after build: npm test
gate agree after test, lint: Release it?
publish after agree: npm publish`

/** A new plan: from a goal that a model takes apart, from steps as text or JSON, or from a feature. */
class NewPlan extends PageElement {
  static override properties = {
    params: {},
    text: { state: true },
    kind: { state: true },
    repo: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare params: URLSearchParams
  declare text: string
  declare kind: 'command' | 'code'
  declare repo: string
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #repos = new Query<{ items: Repository[] }>(this, () => ({
    tool: 'repo_list',
    args: { limit: 500 },
  }))
  readonly #features = new Query<{ items: Feature[] }>(this, () =>
    this.#source() === 'feature' && this.#repos.value?.items.some(({ path }) => path === this.repo)
      ? { tool: 'spec_list', args: { repo: this.repo, limit: 200 } }
      : undefined,
  )

  #from: string | undefined

  constructor() {
    super()
    this.text = ''
    this.kind = 'command'
    this.repo = ''
  }

  /** What went wrong with one source says nothing about the next. */
  protected override willUpdate(changed: Map<string, unknown>): void {
    const source = this.#source()
    if (changed.has('params') && source !== this.#from) this.error = undefined
    this.#from = source
  }

  override render() {
    const source = this.#source()
    return html`<form class="new-plan" @submit=${this.#submit}>
      <h1>New plan</h1>
      ${tabs(
        'What it is made from',
        source,
        sources.map((one) => ({ ...one, href: href('plans', 'new', { from: one.name }) })),
      )}
      ${source === 'goal' ? this.#goal() : source === 'steps' ? this.#steps() : this.#feature()}
      <label
        ><span>Title</span
        ><input name="title" maxlength="200" autocomplete="off" placeholder="Made from the above"
      /></label>
      ${
        source === 'goal'
          ? html`<p class="line">You see the steps and agree before any of them runs.</p>`
          : html`<label class="inline"
              ><input type="checkbox" name="approve" /> show it to a person before it runs</label
            >`
      }
      ${problem(this.error)}
      <div class="actions">
        <button class="primary" ?disabled=${this.busy}>
          ${this.busy ? 'Making it…' : 'Make the plan'}
        </button>
      </div>
    </form>`
  }

  #source(): string {
    const from = this.params.get('from')
    return sources.some(({ name }) => name === from) ? from! : 'goal' // It is one of them.
  }

  #goal() {
    return html`<label
        ><span>Goal</span
        ><textarea name="goal" rows="5" required minlength="3" maxlength="20000"></textarea>
        <small>A model takes it apart into steps.</small></label
      >
      ${this.#repoField(false)}
      <label><span>Model</span><input name="model" maxlength="200" autocomplete="off" /></label>`
  }

  #feature() {
    const known = this.#features.value?.items ?? []
    return html`${this.#repoField(true)}
      <label
        ><span>Feature</span
        ><input name="feature" list="features" required maxlength="300" autocomplete="off" /><small
          >Its open tasks become steps.</small
        ></label
      >
      <datalist id="features">
        ${known.map(({ name, title, tasks }) => html`<option value=${name}>${title}, ${tasks.open} open</option>`)}
      </datalist>
      <label class="inline"
        ><input type="checkbox" name="checkpoints" /> ask a person after each phase</label
      >`
  }

  #steps() {
    const parsed = parsePlan(this.text, this.kind)
    return html`<label
        ><span>Steps</span
        ><textarea
          name="steps"
          class="code"
          rows="9"
          required
          spellcheck="false"
          placeholder=${example}
          @input=${(event: Event) => (this.text = (event.target as HTMLTextAreaElement).value)}
        ></textarea>
        <small
          >One a line: name, what it comes after, what to do; or the JSON of plan_create.</small
        >
      </label>
      <label
        ><span>Each line is</span
        ><select
          name="kind"
          @change=${(event: Event) => (this.kind = (event.target as HTMLSelectElement).value as 'command' | 'code')}
        >
          <option value="command">a command to run</option>
          <option value="code">a goal for an agent</option>
        </select></label
      >
      ${this.#repoField(false)}
      ${this.text.trim() === '' ? nothing : parsed.kind === 'wrong' ? html`<p class="warn" role="status">${parsed.line === undefined ? '' : `Line ${parsed.line}: `}${parsed.message}</p>` : graphPreview(parsed.steps)}`
  }

  #repoField(isRequired: boolean) {
    return html`<label
        ><span>Repository</span
        ><input
          name="repo"
          list="repositories"
          maxlength="4096"
          autocomplete="off"
          ?required=${isRequired}
          @change=${(event: Event) => (this.repo = (event.target as HTMLInputElement).value)}
      /></label>
      <datalist id="repositories">
        ${(this.#repos.value?.items ?? []).map(({ path }) => html`<option value=${path}></option>`)}
      </datalist>`
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    const given = Object.fromEntries(
      ['goal', 'feature', 'repo', 'model', 'title'].flatMap((name) => {
        const value = fields.get(name)
        return typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : []
      }),
    )
    const isSteps = this.#source() === 'steps'
    const parsed = isSteps ? parsePlan(this.text, this.kind) : undefined
    if (parsed?.kind === 'wrong') return
    this.busy = true
    this.error = undefined
    try {
      const plan = await callTool<Plan>('plan_create', {
        ...given,
        ...(parsed ? { steps: parsed.steps } : {}),
        ...(fields.has('checkpoints') ? { checkpoints: true } : {}),
        ...(fields.has('approve') ? { approve: true } : {}),
      })
      go('plans', plan.id)
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-new-plan', NewPlan)
