import { html, nothing } from 'lit'
import type { Plan, Step } from '../../schemas/plan.ts'
import { words } from '../format.ts'
import { href } from '../route.ts'
import { reach, stepState } from './graph.ts'
import { badge } from './state.ts'

type Chosen = {
  plan: Plan
  steps: Step[]
  /** Whether all steps are here, so that what depends on one can be told. */
  isWhole: boolean
  name: string
  link(step: string): string
  close: string
  act(tool: string, args: Record<string, unknown>): void
  isBusy: boolean
}

const bad = ['failed', 'canceled', 'skipped']
const ended = ['succeeded', 'failed', 'canceled', 'skipped']

/** The chosen step: why it stands where it does, what it needs and holds up, and what can be done. */
export function stepPanel({ plan, steps, isWhole, name, link, close, act, isBusy }: Chosen) {
  const step = steps.find((one) => one.name === name)
  if (!step)
    return html`<p class="line">
      The step ${name} is not among those shown. <a href=${close}>Close</a>
    </p>`
  const behind = reach(steps, name, 'blocks')
  const direct = steps.filter((one) => one.needs.includes(name)).map((one) => one.name)
  const and = behind.size === 0 ? '' : ` and ${behind.size} behind it`
  // What it needs did not come: only running that again helps.
  const isCutOff = steps.some((one) => step.needs.includes(one.name) && bad.includes(one.state))
  const hasRun = !isCutOff && plan.state !== 'drafting' && plan.state !== 'proposed'
  const isLive = !['succeeded', 'failed', 'canceled'].includes(plan.state)
  return html`<section class="step-panel" aria-label="Step ${name}">
    <p class="line">
      ${badge(stepState(step.state))} <b>${step.title}</b> <code>${name}</code>
      ${step.run > 1 ? html`<span>run ${step.run}</span>` : nothing}
      ${step.task ? html`<a href=${href('tasks', step.task)}>Its task</a>` : nothing}
      <a class="close" href=${close}>Close</a>
    </p>
    ${step.reason ? html`<p class="line">${step.reason}</p>` : nothing}
    ${step.gate ? html`<p class="line">Gate: ${step.gate.kind}${step.gate.until ? `, until ${step.gate.until}` : ''}${step.gate.question ? ` – ${step.gate.question}` : ''}</p>` : nothing}
    <dl class="fields">
      <dt>Needs</dt>
      <dd>
        ${names(step.needs, link, steps)}${step.needsMore > 0 ? ` and ${step.needsMore} more` : ''}
      </dd>
      ${
        isWhole
          ? html`<dt>Holds up</dt>
              <dd>${names(direct, link, steps)}</dd>`
          : nothing
      }
    </dl>
    <div class="actions">
      ${
        isLive && !ended.includes(step.state)
          ? html`<button ?disabled=${isBusy} @click=${() => act('plan_cancel', { step: name })}>
              Cancel it${and}
            </button>`
          : nothing
      }
      ${
        hasRun && bad.includes(step.state)
          ? html`<button ?disabled=${isBusy} @click=${() => act('plan_retry', { step: name })}>
              Run it again${behind.size === 0 ? '' : ' with what waited for it'}
            </button>`
          : nothing
      }
      ${
        hasRun && ended.includes(step.state)
          ? html`<button ?disabled=${isBusy} @click=${() => act('plan_retry', { from: name })}>
              Run from here${and}
            </button>`
          : nothing
      }
    </div>
  </section>`
}

const names = (all: string[], link: (step: string) => string, steps: Step[]) =>
  all.length === 0
    ? 'nothing'
    : all.slice(0, 12).map((name, at) => {
        const state = steps.find((step) => step.name === name)?.state
        return html`${at > 0 ? ', ' : ''}<a href=${link(name)}>${name}</a
          >${state ? ` (${words(stepState(state))})` : ''}${at === 11 && all.length > 12 ? ` and ${all.length - 12} more` : ''}`
      })
