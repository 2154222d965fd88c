import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'
import { amount } from './budget.ts'
import { problem } from './problem.ts'
import { since } from './time.ts'
import { skeleton } from './skeleton.ts'

type Range = { low: number; middle: number; high: number }
type BackTest = { forecasts: number; meanErrorPercent: number; withinPercent: number }
type Forecast = {
  queue: {
    waiting: number
    running: number
    held: number
    slots: number
    drainedAt?: Range
    arrivalsPerHour?: number
    loadPercent?: number
    error?: BackTest
    insufficient?: string
  }
  budgets: {
    window: string
    unit: string
    left: number
    perHour?: number
    spentAt?: Range
    spentPercent?: number
    error?: BackTest
    insufficient?: string
  }[]
  method: string
}

/** When the queue will be worked off and the budgets spent, each with how wrong such forecasts were. */
class ForecastPart extends PageElement {
  static override properties = { org: {} }
  declare org: string | undefined
  readonly #forecast = new Query<Forecast>(this, () => ({
    tool: 'forecast_read',
    args: this.org ? { org: this.org } : {},
    staleBy: ({ kind }) => /^(budget\.|task\.(submitted|succeeded|failed|canceled)$)/.test(kind),
  }))

  override render() {
    const { value, error, isLoading } = this.#forecast
    return html`<section class="forecast" aria-label="Forecast">
      <div class="page-bar"><h2>Forecast</h2></div>
      ${problem(error)} ${isLoading ? skeleton(2) : nothing}
      ${
        value
          ? html`<ul class="plain">
                <li>${queueView(value.queue)}</li>
                ${value.budgets.map((budget) => html`<li>${budgetView(budget)}</li>`)}
              </ul>
              <details>
                <summary class="soft">How this is worked out</summary>
                <p class="soft method">${value.method}</p>
              </details>`
          : nothing
      }
    </section>`
  }
}

const queueView = ({
  waiting,
  running,
  held,
  slots,
  drainedAt,
  loadPercent,
  ...queue
}: Forecast['queue']) =>
  html`<b>Queue:</b> ${waiting} waiting, ${running} running, ${slots} at a
    time${held > 0 ? html`, <b class="warn">${held} held by a budget</b>` : nothing}.
    ${
      waiting + running === 0
        ? 'Nothing has to be worked off.'
        : drainedAt
          ? html`Worked off ${since(drainedAt.middle)} (${since(drainedAt.low)} to
            ${since(drainedAt.high)}).`
          : html`<span class="soft">${queue.insufficient}.</span>`
    }
    ${loadPercent !== undefined && loadPercent >= 100 ? html`<b class="warn">More comes in than is worked off.</b>` : nothing}
    ${errorView(queue.error)}`

const budgetView = ({
  unit,
  window,
  perHour,
  spentAt,
  spentPercent,
  error,
  insufficient,
}: Forecast['budgets'][number]) =>
  html`<b>${unitTitles[unit] ?? unit} of the ${window}:</b> ${
      insufficient
        ? html`<span class="soft">${insufficient}.</span>`
        : html`${perHour === undefined ? nothing : html`${amount(unit)(perHour)} an hour lately.`}
          ${spentAt ? html`Spent ${since(spentAt.middle)} (${since(spentAt.low)} to ${since(spentAt.high)}).` : nothing}
          ${spentPercent === undefined ? nothing : html`${spentPercent} % likely to be spent before it begins anew.`}`
    }
    ${errorView(error)}`

const unitTitles: Record<string, string> = {
  costUsd: 'Cost',
  tokens: 'Tokens',
  steps: 'Model calls',
}

/** A forecast without its error is a promise. */
const errorView = (error: BackTest | undefined) =>
  error
    ? html`<small class="soft"
        >Of ${error.forecasts} such forecasts in the past: off by ${error.meanErrorPercent} % on
        average, ${error.withinPercent} % within the range.</small
      >`
    : nothing

customElements.define('sy-forecast', ForecastPart)
