import { html, nothing } from 'lit'
import type { Plan } from '../../schemas/plan.ts'
import { href } from '../route.ts'
import { badge } from './state.ts'
import { since } from './time.ts'

/** A plan as a line of a list: its state, what it is for, and how far it is. */
export const planRow = (plan: Plan, params: Record<string, string> = {}) => {
  const { counts } = plan
  const of = (state: keyof typeof counts) => counts[state] ?? 0
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return html`<a class="thing-row" href=${href('plans', plan.id, params)}>
    <span class="first">${badge(plan.state)} <strong>${plan.title}</strong></span>
    <span class="second"
      ><span>${all === 0 ? 'no steps yet' : `${of('succeeded')} of ${all} done`}</span>
      ${of('failed') > 0 ? html`<span class="failed">${of('failed')} failed</span>` : nothing}
      ${of('held') > 0 ? html`<span>${of('held')} held for people</span>` : nothing}
      ${since(plan.updatedAt)}</span
    >
  </a>`
}
