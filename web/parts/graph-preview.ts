import { html } from 'lit'
import type { Step } from '../../schemas/plan.ts'
import { graphView, mostDrawn } from './graph.ts'
import type { StepText } from './plan-text.ts'
import { levels } from './plan-text.ts'

/** Steps that do not run yet, as a picture; undefined where they are none. */
export function graphPreview(steps: StepText[]) {
  const placed = levels(steps)
  if (placed === undefined || steps.length === 0) return undefined
  if (steps.length > mostDrawn) return html`<p class="line">${steps.length} steps</p>`
  const drawn = steps.map(({ name, needs = [], title, gate }, number): Step => ({
    ...{ number, name, needs, needsMore: 0, run: 0 },
    title: typeof title === 'string' ? title : name,
    level: placed.get(name) ?? 0,
    state: needs.length === 0 ? 'ready' : 'waiting',
    ...(gate === undefined ? {} : { gate: gate as NonNullable<Step['gate']> }), // As it was written.
  }))
  return graphView({ steps: drawn, chosen: undefined, choose: undefined })
}
