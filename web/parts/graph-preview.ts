import { html, nothing } from 'lit'
import type { Step } from '../../schemas/plan.ts'
import { PageElement } from '../element.ts'
import { graphView, mostDrawn } from './graph.ts'
import type { StepText } from './plan-text.ts'
import { isGraph, levels } from './plan-text.ts'

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

/** The same for steps that came from elsewhere: nothing, where they are no graph. */
class GraphPreview extends PageElement {
  static override properties = { steps: {} }
  declare steps: unknown

  override render() {
    return isGraph(this.steps) ? (graphPreview(this.steps) ?? nothing) : nothing
  }
}

customElements.define('sy-graph-preview', GraphPreview)
