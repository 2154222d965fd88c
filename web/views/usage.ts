import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { number, usd } from '../format.ts'
import '../parts/budget.ts'
import { bars } from '../parts/bars.ts'
import { columns } from '../parts/chart.ts'
import { choices } from '../parts/choices.ts'
import '../parts/forecast.ts'
import { problem } from '../parts/problem.ts'
import { short } from '../parts/pod.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'
import './usage.css'

type Usage = {
  model?: string
  org?: string
  task?: string
  plan?: string
  day?: string
  calls: number
  failed: number
  inputTokens: number
  outputTokens: number
  costUsd: number
  unpriced: number
}
type Group = 'model' | 'org' | 'task' | 'plan'

const groups: Group[] = ['model', 'org', 'task', 'plan']
const spans = [
  { days: 1, title: 'Day' },
  { days: 7, title: 'Week' },
  { days: 30, title: 'Month' },
]
const measures = {
  cost: { title: 'Cost', of: ({ costUsd }: Usage) => costUsd, text: usd },
  tokens: {
    title: 'Tokens',
    of: ({ inputTokens, outputTokens }: Usage) => inputTokens + outputTokens,
    text: number,
  },
  calls: { title: 'Calls', of: ({ calls }: Usage) => calls, text: number },
}
const dayMs = 86_400_000
const shownLines = 50

/** What model calls cost, by whom and when; what may be spent; and when it will be. */
class Usages extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #since = Math.floor(Date.now() / dayMs) * dayMs
  readonly #sums = new Query<{ items: Usage[] }>(this, () => this.#asked(this.#by))
  readonly #days = new Query<{ items: Usage[] }>(this, () => this.#asked('day'))
  readonly #orgs = new Query<{ items: Usage[] }>(this, () => ({
    tool: 'usage_read',
    args: { by: 'org' },
    staleBy: aboutSpending,
  }))
  readonly #me = new Query<{ principal: { orgs: string[] } }>(this, () => ({ tool: 'whoami' }))

  override render() {
    const { value, error } = this.#sums
    const org = this.params.get('org') ?? undefined
    const measure = this.#measure
    return html`<div class="page-bar">
        <h1>Usage</h1>
        ${choices(
          'Span of time',
          spans.map(({ days, title }) => ({
            title,
            isCurrent: days === this.#span,
            href: this.#with({ days: String(days) }),
          })),
        )}
        ${choices(
          'Measure',
          Object.entries(measures).map(([name, { title }]) => ({
            title,
            isCurrent: measures[name as keyof typeof measures] === measure,
            href: this.#with({ of: name }),
          })),
        )}
        ${this.#orgChoice(org)}
      </div>
      ${problem(error)} ${this.#totals()}
      <section aria-label="By day">
        ${this.#days.value ? this.#dayColumns(this.#days.value.items) : html`<span class="skeleton chart-room"></span>`}
      </section>
      <section aria-label="What it was spent on">
        <div class="page-bar">
          <h2>Spent on</h2>
          ${choices(
            'Group',
            groups.map((by) => ({
              title: `${by.charAt(0).toUpperCase()}${by.slice(1)}s`,
              isCurrent: by === this.#by,
              href: this.#with({ by }),
            })),
          )}
        </div>
        ${value && value.items.length === 0 ? html`<p class="empty">No model was called in this time. Calls of <code>model_generate</code>, of the OpenAI-compatible endpoint and of coding agents are counted here.</p>` : nothing}
        ${bars(
          `${measure.title} by ${this.#by}`,
          [...(value?.items ?? [])]
            .sort((a, b) => measure.of(b) - measure.of(a))
            .map((item) => ({
              label: this.#label(item),
              value: measure.of(item),
              text: measure.text(measure.of(item)),
              note: noteOf(item),
            })),
        )}
        ${value && value.items.length >= shownLines ? html`<p class="soft">Only the first ${shownLines} are shown.</p>` : nothing}
      </section>
      <sy-budget .org=${org}></sy-budget>
      <sy-forecast .org=${org}></sy-forecast>`
  }

  get #by(): Group {
    return groups.find((by) => by === this.params.get('by')) ?? 'model'
  }

  get #span(): number {
    const asked = Number(this.params.get('days') ?? 7)
    return spans.find(({ days }) => days === asked)?.days ?? 7
  }

  /** The one in the address, or the first that has anything to show: models at home cost nothing. */
  get #measure() {
    const name = this.params.get('of') ?? ''
    if (name in measures) return measures[name as keyof typeof measures] // A key, by the test.
    const items = this.#days.value?.items ?? []
    return (
      Object.values(measures).find(({ of }) => items.some((item) => of(item) > 0)) ?? measures.cost
    )
  }

  #asked(by: string) {
    const org = this.params.get('org')
    const since = this.#since - (this.#span - 1) * dayMs
    return {
      tool: 'usage_read',
      args: { by, since, limit: shownLines, ...(org ? { org } : {}) },
      staleBy: aboutSpending,
    }
  }

  #with(change: Record<string, string>): string {
    return href('usage', undefined, { ...Object.fromEntries(this.params), ...change })
  }

  #label(item: Usage): unknown {
    const by = this.#by
    const id = item[by]
    if (id === undefined) return html`<span class="soft">no ${by}</span>`
    if (by === 'task') return html`<a href=${href('tasks', id)} title=${id}>Task ${short(id)}</a>`
    if (by === 'plan') return html`<a href=${href('plans', id)} title=${id}>Plan ${short(id)}</a>`
    if (by === 'org') return html`<a href=${this.#with({ org: id })}>${id}</a>`
    return html`<span title=${id}>${id}</span>`
  }

  #totals() {
    const items = this.#days.value?.items ?? []
    const sum = (of: (item: Usage) => number) => items.reduce((total, item) => total + of(item), 0)
    const unpriced = sum((item) => item.unpriced)
    const failed = sum((item) => item.failed)
    return html`<dl class="totals">
      <div>
        <dt>Cost</dt>
        <dd>${usd(sum(measures.cost.of))}</dd>
        ${unpriced > 0 ? html`<dd class="note">without ${number(unpriced)} calls of unknown price</dd>` : nothing}
      </div>
      <div>
        <dt>Tokens in</dt>
        <dd>${number(sum(({ inputTokens }) => inputTokens))}</dd>
      </div>
      <div>
        <dt>Tokens out</dt>
        <dd>${number(sum(({ outputTokens }) => outputTokens))}</dd>
      </div>
      <div>
        <dt>Calls</dt>
        <dd>${number(sum(({ calls }) => calls))}</dd>
        ${failed > 0 ? html`<dd class="note">${number(failed)} without an answer</dd>` : nothing}
      </div>
    </dl>`
  }

  /** Every day of the span, also those of which nothing is on record. */
  #dayColumns(items: Usage[]) {
    const measure = this.#measure
    const byDay = new Map(items.map((item) => [item.day, item]))
    const all = Array.from({ length: this.#span }, (_, index) => {
      const at = this.#since - (this.#span - 1 - index) * dayMs
      const day = new Date(at).toISOString().slice(0, 10)
      const item = byDay.get(day)
      const value = item ? measure.of(item) : 0
      return { label: day, value, text: measure.text(value) }
    })
    return all.length > 1 ? columns(`${measure.title} by day of UTC`, all) : nothing
  }

  #orgChoice(org: string | undefined) {
    const own = this.#me.value?.principal.orgs ?? []
    const spent = (this.#orgs.value?.items ?? []).flatMap((item) => item.org ?? [])
    const all = [...new Set(['default', ...own.filter((one) => one !== '*'), ...spent])].sort()
    if (all.length < 2 && org === undefined) return nothing
    return html`<label class="org"
      >Org
      <select @change=${this.#chooseOrg}>
        <option value="">all that you may see</option>
        ${all.map((one) => html`<option ?selected=${one === org}>${one}</option>`)}
      </select></label
    >`
  }

  readonly #chooseOrg = (event: Event): void => {
    const { value: org } = event.target as HTMLSelectElement // The listener sits on it.
    const { org: _before, ...rest } = Object.fromEntries(this.params)
    go('usage', undefined, org === '' ? rest : { ...rest, org })
  }
}

const noteOf = ({ calls, failed, unpriced, inputTokens, outputTokens }: Usage): string =>
  [
    `${number(calls)} calls`,
    `${number(inputTokens)} tokens in, ${number(outputTokens)} out`,
    ...(failed > 0 ? [`${number(failed)} without an answer`] : []),
    ...(unpriced > 0 ? [`${number(unpriced)} of unknown price`] : []),
  ].join(' · ')

/** No event tells of a single call; those of an attempt are on record when it says how it goes. */
const aboutSpending = ({ kind }: { kind: string }): boolean =>
  /^(budget|task)\.(?!message)/.test(kind)

customElements.define('sy-page-usage', Usages)
