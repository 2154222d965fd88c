import { html, nothing, svg } from 'lit'
import type { Step } from '../../schemas/plan.ts'
import { words } from '../format.ts'
import type { Layout } from './graph-layout.ts'
import { layOut, nodeHeight, nodeWidth } from './graph-layout.ts'
import './graph.css'
import { scrollEdges } from './scroll-edges.ts'
import { mark } from './state.ts'

/** How many steps a picture can hold that somebody still reads. */
export const mostDrawn = 300

/** A step's state in the words that tasks have for it: what waits for others, and what waits for room. */
export const stepState = (state: Step['state']): string =>
  state === 'waiting' ? 'blocked' : state === 'ready' ? 'queued' : state

type Graph = {
  steps: Step[]
  chosen: string | undefined
  choose: ((step: string) => string) | undefined
}

let last: { key: string; layout: Layout<Step> } | undefined

/** The steps of a plan as a picture: what needs what, from left to right, each a link that opens it. */
export function graphView({ steps, chosen, choose }: Graph) {
  // Events change states far more often than places.
  const key = steps
    .map(({ name, level, needs }) => `${name} ${level} ${needs.join(',')}`)
    .join('\n')
  if (last?.key !== key) last = { key, layout: layOut(steps) }
  const { nodes, lines, width, height } = last.layout
  const byName = new Map(steps.map((step) => [step.name, step]))
  const near = chosen === undefined ? undefined : kin(steps, chosen)
  return html`<div class="scroll-edges">
    <div class="graph" ${scrollEdges} tabindex="0" role="group" aria-label="Graph of the steps">
      <div class="canvas" .style=${`width: ${width}px; height: ${height}px`}>
        <svg width=${width} height=${height} aria-hidden="true">
          ${lines.map(
            ({ from, to, path }) =>
              svg`<path d=${path} ?data-near=${near?.has(from) === true && near.has(to)} data-state=${byName.get(from)?.state ?? nothing} />`,
          )}
        </svg>
        ${nodes.map(({ node, x, y }) => {
          const step = byName.get(node.name) ?? node
          return html`<a
            class="step"
            href=${choose?.(step.name) ?? nothing}
            data-state=${step.state}
            ?data-gate=${step.gate !== undefined}
            ?data-far=${near !== undefined && !near.has(step.name)}
            aria-current=${step.name === chosen ? 'true' : nothing}
            title=${step.title}
            .style=${`left: ${x}px; top: ${y}px; width: ${nodeWidth}px; height: ${nodeHeight}px`}
          >
            <span class="what">${step.title}</span>
            <span class="how"
              >${mark(stepState(step.state))}${words(stepState(step.state))}${step.gate ? `, gate: ${step.gate.kind}` : ''}${step.needsMore > 0 ? `, needs ${step.needsMore} more` : ''}</span
            >
          </a>`
        })}
      </div>
    </div>
  </div>`
}

/** A step with all that it needs and all that needs it. */
function kin(steps: Step[], name: string): Set<string> {
  return new Set([name, ...reach(steps, name, 'needs'), ...reach(steps, name, 'blocks')])
}

/** The steps that one needs, or holds up, however far away. */
export function reach(steps: Step[], name: string, way: 'needs' | 'blocks'): Set<string> {
  const next = new Map<string, string[]>()
  for (const step of steps)
    for (const need of step.needs) {
      const [from, to] = way === 'needs' ? [step.name, need] : [need, step.name]
      next.set(from, [...(next.get(from) ?? []), to])
    }
  const found = new Set<string>()
  const open = [name]
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const other of next.get(at) ?? []) {
      if (found.has(other)) continue
      found.add(other)
      open.push(other)
    }
  return found
}
