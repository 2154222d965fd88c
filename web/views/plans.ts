import { html, nothing } from 'lit'
import type { Event } from '../../schemas/event.ts'
import type { Plan } from '../../schemas/plan.ts'
import { PageElement } from '../element.ts'
import { empty } from '../parts/empty.ts'
import '../parts/pair.css'
import { planRow } from '../parts/plan-row.ts'
import '../parts/plan.ts'
import { rows } from '../parts/rows.ts'
import { tabs } from '../parts/tabs.ts'
import { href } from '../route.ts'
import './new-plan.ts'

const states = [
  { name: 'all', title: 'All' },
  { name: 'running', title: 'Running' },
  { name: 'failed', title: 'Failed' },
  { name: 'succeeded', title: 'Done' },
]

/**
 * A plan tells of itself only as a whole; its counts move with its steps, which end as tasks and are
 * held as approvals.
 */
const movesPlans = ({ kind }: Event): boolean =>
  /^(plan\.|approval\.|task\.(succeeded|failed|canceled)$)/.test(kind)

/** The plans, and the one that is open beside them, or the form for a new one. */
class Plans extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams

  override render() {
    const { thing } = this
    const state = this.params.get('state') ?? 'all'
    const kept: Record<string, string> = state === 'all' ? {} : { state }
    return html`<div class="pair" ?data-open=${thing !== undefined}>
      <div>
        ${thing === undefined ? html`<h1 class="visually-hidden">Plans</h1>` : nothing}
        <div class="list-head">
          <div class="list-top">
            ${tabs(
              'State',
              state,
              states.map((one) => ({ ...one, href: href('plans', thing, { state: one.name }) })),
            )}
            <a class="button" href=${href('plans', 'new', kept)}>New plan</a>
          </div>
        </div>
        ${rows<Plan>({
          label: 'Plans',
          asked: { tool: 'plan_list', args: kept, staleBy: movesPlans, everyMs: 500 },
          key: ({ id }) => id,
          row: (plan) => planRow(plan, kept),
          empty: empty(
            state === 'all' ? 'No plan was made yet.' : 'No plan is in this state.',
            'A plan runs many tasks in their order, and asks people where you say so.',
          ),
          current: thing,
        })}
      </div>
      <div class="thing">
        ${thing === undefined ? nothing : html`<p class="thing-head"><a class="back" href=${href('plans', undefined, kept)}>← All plans</a></p>`}
        ${this.#thing()}
      </div>
    </div>`
  }

  #thing() {
    const { thing, params } = this
    if (thing === undefined)
      return html`<p class="nothing wide-only">Choose a plan, or make a new one.</p>`
    if (thing === 'new') return html`<sy-new-plan .params=${params}></sy-new-plan>`
    return html`<sy-plan .plan=${thing} .params=${params}></sy-plan>`
  }
}

customElements.define('sy-page-plans', Plans)
