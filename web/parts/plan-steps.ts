import { html } from 'lit'
import type { Event } from '../../schemas/event.ts'
import type { Step } from '../../schemas/plan.ts'
import { stepState } from './graph.ts'
import { rows } from './rows.ts'
import { badge } from './state.ts'

/** The steps of a plan in order, however many. */
export const stepList = (
  plan: string,
  chosen: string | undefined,
  choose: (step: string) => string,
  staleBy: (event: Event) => boolean,
) =>
  rows<Step>({
    label: 'Steps',
    asked: { tool: 'plan_read', args: { plan }, staleBy },
    key: ({ name }) => name,
    row: ({ name, title, state, needs, needsMore, gate, reason }) =>
      html`<a class="thing-row" href=${choose(name)}>
        <span class="first">${badge(stepState(state))} <strong>${title}</strong></span>
        <span class="second"
          ><span>${name}${gate ? `, gate: ${gate.kind}` : ''}</span>
          <span
            >${needs.length === 0 ? 'needs nothing' : `needs ${needs.join(', ')}${needsMore > 0 ? ` and ${needsMore} more` : ''}`}${reason ? ` · ${reason}` : ''}</span
          ></span
        >
      </a>`,
    empty: 'It has no steps.',
    current: chosen,
  })
