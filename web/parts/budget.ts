import { html, nothing } from 'lit'
import type { BudgetLine } from '../../schemas/budget.ts'
import type { JsonSchema } from '../mcp.ts'
import { PageElement } from '../element.ts'
import { duration, exact, number, usd } from '../format.ts'
import { Query } from '../query.ts'
import { resourceBar } from './bars.ts'
import { problem } from './problem.ts'
import { toolForm } from './tool-form.ts'
import { since } from './time.ts'
import { skeleton } from './skeleton.ts'

type Budget = {
  scope: 'org' | 'plan' | 'task'
  id: string
  limits: Record<string, unknown>
  from: 'set' | 'submitted' | 'configured' | 'none'
  by?: string
  at?: number
  spent: { window: string; steps: number; tokens: number; costUsd: number; unpriced: number }[]
  lines: BudgetLine[]
}

const sources = {
  set: 'set',
  submitted: 'submitted with it',
  configured: 'from switchyard.json',
  none: 'no limit is set',
}
const windows = { all: 'in all', day: 'today', month: 'this month' }

/** What an org, a plan or a task may spend and has spent, and the form that changes it. */
class BudgetPart extends PageElement {
  static override properties = { org: {}, plan: {}, task: {}, isOpen: { state: true } }
  declare org: string | undefined
  declare plan: string | undefined
  declare task: string | undefined
  declare isOpen: boolean
  readonly #budget = new Query<Budget>(this, () => ({ tool: 'budget_read', args: this.#subject }))

  /** The plan or the task before the org that it belongs to. */
  get #subject(): Record<string, string> {
    if (this.task) return { task: this.task }
    if (this.plan) return { plan: this.plan }
    return this.org ? { org: this.org } : {}
  }

  override render() {
    const { value, error, isLoading } = this.#budget
    return html`<section class="budget" aria-label="Budget">
      <div class="page-bar">
        <h2>Budget${value ? html` of ${value.scope} ${value.id}` : nothing}</h2>
        ${value ? html`<span class="soft">${sources[value.from]}${value.by ? html` by ${value.by}` : nothing}${value.at ? html` ${since(value.at)}` : nothing}</span>` : nothing}
        <button class="end" aria-expanded=${this.isOpen ? 'true' : 'false'} @click=${this.#turn}>
          ${value?.from === 'none' ? 'Set a limit' : 'Change'}
        </button>
      </div>
      ${problem(error)} ${isLoading ? skeleton(2) : nothing}
      ${
        value && value.lines.length === 0
          ? html`<p class="empty">Nothing is limited. ${spentText(value)}</p>`
          : html`<div class="lines">${value?.lines.map(lineView)}</div>`
      }
      ${
        this.isOpen && value
          ? html`<p class="soft">
                Amounts are totals, with what is spent already. A form left empty lifts every limit.
              </p>
              ${toolForm({
                tool: 'budget_set',
                button: 'Save',
                fixed: { [value.scope]: value.id },
                without: ['org', 'plan', 'task'],
                values: { budget: value.limits },
                fields: ({ budget }) => ({ budget: formOf(value.scope, budget) }),
                shown: () => html`<p role="status">Saved.</p>`,
                done: () => this.#budget.refresh(),
              })}`
          : nothing
      }
    </section>`
  }

  readonly #turn = (): void => {
    this.isOpen = !this.isOpen
  }
}

/** Of the forms of a budget the one that goes with what it is for, and the way back. */
function formOf(scope: Budget['scope'], schema: JsonSchema = {}): JsonSchema {
  const branches = (schema.anyOf ?? []).flatMap((branch) => {
    if (branch.type === 'null') return { ...branch, title: 'As it was before' }
    const isOfOrg = branch.properties?.day !== undefined
    return isOfOrg === (scope === 'org') ? { ...branch, title: 'Limits' } : []
  })
  return { anyOf: branches, title: 'Budget' }
}

function lineView({ scope, id, window, unit, limit, spent, reserved, left, resetsAt }: BudgetLine) {
  const text = amount(unit)
  return html`<div class="limit">
    ${resourceBar({
      name: `${titles[unit]} ${windows[window]}, ${scope} ${id}`,
      total: limit,
      shares: [
        ...(reserved > 0 ? [{ value: spent + reserved, kind: 'reserved' as const }] : []),
        { value: spent, kind: 'spent' },
      ],
      text: `${text(spent)} of ${text(limit)} spent`,
      scarceFrom: 0.8,
    })}
    <small class=${left <= 0 ? 'warn' : 'soft'}
      >${left <= 0 ? 'Nothing left: work is held' : `${text(left)} left`}${reserved > 0 ? `, ${text(reserved)} held back for calls under way` : ''}${resetsAt ? html`, begins anew <span title=${exact(resetsAt)}>${since(resetsAt)}</span>` : nothing}</small
    >
  </div>`
}

const titles = { steps: 'Model calls', tokens: 'Tokens', costUsd: 'Cost', timeMs: 'Time' }

/** How an amount of a unit is written. */
export const amount = (unit: string): ((value: number) => string) =>
  unit === 'costUsd' ? usd : unit === 'timeMs' ? duration : number

const spentText = ({ spent }: Budget): string =>
  spent
    .map(
      ({ window, steps, tokens, costUsd }) =>
        `${window === 'all' ? 'In all' : window === 'day' ? 'Today' : 'This month'}: ${number(steps)} calls, ${number(tokens)} tokens, ${usd(costUsd)}.`,
    )
    .join(' ')

customElements.define('sy-budget', BudgetPart)
