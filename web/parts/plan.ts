import { html, nothing } from 'lit'
import type { Event } from '../../schemas/event.ts'
import type { Plan, Step } from '../../schemas/plan.ts'
import { PageElement } from '../element.ts'
import { words } from '../format.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './approvals.ts'
import { graphView, mostDrawn, stepState } from './graph.ts'
import { stepPanel } from './plan-step.ts'
import { stepList } from './plan-steps.ts'
import './plan.css'
import { problem } from './problem.ts'
import { skeleton } from './skeleton.ts'
import { badge } from './state.ts'
import { tabs } from './tabs.ts'
import { since } from './time.ts'

type Read = { plan: Plan; items: Step[]; next?: string }

/** As many as the hub gives at once, of steps and of what a step needs. */
const most = 200

/** A plan: how far it is, what it asks, its steps as a picture or a list, and the one that is chosen. */
class PlanPanel extends PageElement {
  static override properties = {
    plan: {},
    params: {},
    error: { state: true },
    busy: { state: true },
  }
  declare plan: string
  declare params: URLSearchParams
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #first = new Query<Read>(this, () => this.#asked(undefined))
  /** The rest of what can be drawn; a longer plan is a list that is loaded as it is read. */
  readonly #second = new Query<Read>(this, () => {
    const read = this.#first.value
    return read?.next !== undefined && sizeOf(read.plan) <= mostDrawn
      ? this.#asked(read.next)
      : undefined
  })

  /** The step that was brought into sight. */
  #seen: string | null = null

  override render() {
    const read = this.#first.value
    if (!read) return this.#first.error ? problem(this.#first.error) : skeleton(10)
    const { plan } = read
    const steps = [...read.items, ...(this.#second.value?.items ?? [])]
    const isOver = ['succeeded', 'failed', 'canceled'].includes(plan.state)
    return html`<section class="plan" aria-label="Plan">
      <h1>${badge(plan.state)} ${plan.title}</h1>
      <p class="line">
        <span>${from(plan)}</span> <span>by ${plan.submittedBy}</span> ${since(plan.createdAt)}
        ${plan.provenance.via === 'chat' && plan.provenance.id ? html`<a href=${href('chat', plan.provenance.id)}>Its conversation</a>` : nothing}
        <span>at most ${plan.maxParallel} at once</span>
        ${plan.repo ? html`<code>${plan.repo}</code>` : nothing}
      </p>
      ${plan.reason ? html`<p>${plan.reason}</p>` : nothing}
      ${plan.failure ? html`<p class="problem">${plan.failure}</p>` : nothing}
      ${plan.draft ? html`<p class="line">A model is taking the goal apart; answer ${plan.draft.rounds} was no plan: ${plan.draft.problem}</p>` : nothing}
      <p class="counts">${countsOf(plan)}</p>
      <div class="actions">
        ${isOver ? nothing : html`<button ?disabled=${this.busy} @click=${() => this.#act('plan_cancel')}>Cancel the plan</button>`}
        ${canRetry(plan) ? html`<button ?disabled=${this.busy} @click=${() => this.#act('plan_retry')}>Run what failed again</button>` : nothing}
      </div>
      ${problem(this.error ?? this.#first.error)} ${this.#questions(plan, steps)}
      ${this.#steps(plan, steps)}
    </section>`
  }

  protected override updated(): void {
    const chosen = this.params.get('step')
    if (chosen === this.#seen) return
    const node = this.querySelector('.step[aria-current]')
    if (chosen !== null && !node) return // It is not loaded yet, or the steps are a list.
    this.#seen = chosen
    node?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }

  /** What the plan and its gates ask; answered here. */
  #questions({ state, approval }: Plan, steps: Step[]) {
    const asked = [
      ...(state === 'proposed' && approval ? [approval] : []),
      ...steps.flatMap((step) => (step.state === 'held' && step.approval ? [step.approval] : [])),
    ].slice(0, 20)
    return asked.map((id) => html`<sy-approvals .approval=${id} .isOnPlan=${true}></sy-approvals>`)
  }

  #steps(plan: Plan, steps: Step[]) {
    const total = sizeOf(plan)
    if (total === 0) return html`<p class="empty">It has no steps yet.</p>`
    const canDraw = total <= mostDrawn
    const view = !canDraw || this.params.get('view') === 'list' ? 'list' : 'graph'
    const chosen = this.params.get('step') ?? undefined
    const link = (changes: Record<string, string>) =>
      href('plans', plan.id, { ...Object.fromEntries(this.params), ...changes })
    const choose = (step: string) => link({ step })
    return html`<div class="plan-views">
        ${
          canDraw
            ? tabs('View', view, [
                { name: 'graph', title: 'Graph', href: link({ view: 'graph' }) },
                { name: 'list', title: 'List', href: link({ view: 'list' }) },
              ])
            : html`<p class="line">A picture of ${total} steps says nothing: here is the list.</p>`
        }
      </div>
      ${
        chosen === undefined
          ? nothing
          : stepPanel({
              plan,
              steps,
              isWhole: steps.length === total,
              name: chosen,
              link: choose,
              close: href('plans', plan.id, without(this.params, 'step')),
              act: (tool, args) => void this.#act(tool, args),
              isBusy: this.busy,
            })
      }
      ${view === 'graph' ? graphView({ steps, chosen, choose }) : stepList(plan.id, chosen, choose, this.#isStale)}`
  }

  #asked(cursor: string | undefined) {
    return {
      tool: 'plan_read',
      args: {
        plan: this.plan,
        limit: most,
        max_needs: most,
        ...(cursor === undefined ? {} : { cursor }),
      },
      staleBy: this.#isStale,
    }
  }

  /** A step moves with its task, or with an answer; only the plan as a whole tells of itself. */
  readonly #isStale = ({ kind, subject }: Event): boolean =>
    subject === this.plan || /^(task|approval|change)\./.test(kind)

  async #act(tool: string, args: Record<string, unknown> = {}): Promise<void> {
    this.busy = true
    this.error = undefined
    try {
      await callTool(tool, { plan: this.plan, ...args })
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
      this.#first.refresh()
      this.#second.refresh()
    }
  }
}

const sizeOf = ({ counts }: Plan): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

const canRetry = ({ state, counts }: Plan): boolean =>
  state !== 'drafting' &&
  state !== 'proposed' &&
  (counts.failed ?? 0) + (counts.canceled ?? 0) + (counts.skipped ?? 0) > 0

const countsOf = ({ counts }: Plan): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${words(stepState(state as Step['state']))}`) // Its keys are states.
    .join(', ')

const from = ({ source }: Plan): string => {
  switch (source.kind) {
    case 'steps':
      return 'from steps'
    case 'feature':
      return `from feature ${source.feature}`
    case 'goal':
      return 'from a goal'
  }
}

function without(params: URLSearchParams, name: string): Record<string, string> {
  const { [name]: _left, ...others } = Object.fromEntries(params)
  return others
}

customElements.define('sy-plan', PlanPanel)
