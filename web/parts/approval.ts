import { html, nothing } from 'lit'
import type { Approval, ApprovalScope } from '../../schemas/approval.ts'
import { loadPart } from '../load-part.ts'
import { href } from '../route.ts'
import { diffView } from './diff-view.ts'
import { fieldsView } from './fields.ts'
import { since } from './time.ts'

/** An answer as it was given; how far a yes reaches only where it was asked. */
export type Answer = { decision: 'approve' | 'deny'; reason: string; scope?: string }

const reaches: Record<ApprovalScope, string> = {
  once: 'this once',
  task: 'for this task',
  rule: 'always, for such callers',
}

/** Who asks, in words: a plan is named by the link to it. */
export const askerOf = ({ askedBy, details: { plan } }: Approval): string =>
  typeof plan === 'string' && askedBy === `plan ${plan}` ? 'a plan' : askedBy

type Card = {
  asked: Approval
  showsTask: boolean
  /** Whether a plan is drawn; its own page has the picture already. */
  showsGraph: boolean
  isBusy: boolean
  answer(answer: Answer): void
}

/** A question with everything that was said, and the answers. */
export const approvalCard = ({ asked, showsTask, showsGraph, isBusy, answer }: Card) => {
  const { arguments: args, diff, preview, cut, graph, plan, before, ...others } = asked.details
  const given = typeof args === 'object' && args !== null ? args : {}
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    const said = answerOf(form, event.submitter?.getAttribute('value'))
    if (said) answer(said)
  }
  return html`<form class="tile question" aria-label=${asked.question} @submit=${submit}>
    <h2>${asked.question}</h2>
    <p class="line">
      <span>asked by ${askerOf(asked)}</span> ${since(asked.askedAt)}
      ${asked.task && showsTask ? html`<a href=${href('tasks', asked.task)}>Open the task</a>` : nothing}
      ${asked.expiresAt ? html`<span>expires ${since(asked.expiresAt)}</span>` : nothing}
    </p>
    ${cut === true ? html`<p class="warn">Not everything is shown: it is too long.</p>` : nothing}
    ${typeof plan === 'string' && showsGraph ? html`<p><a href=${href('plans', plan)}>Open the plan</a></p>` : nothing}
    ${showsGraph && graph !== undefined ? graphPreview(graph) : nothing}
    ${
      graph === undefined
        ? nothing
        : html`<details>
            <summary>All that its steps say</summary>
            ${fieldsView({ graph })}
          </details>`
    }
    ${fieldsView({ ...others, ...given })} ${Array.isArray(before) ? stepsBefore(before) : nothing}
    ${typeof diff === 'string' ? diffView(diff) : nothing}
    ${typeof preview === 'string' ? html`<pre class="log preview" tabindex="0">${preview}</pre>` : nothing}
    <label
      ><span>Reason</span><input name="reason" autocomplete="off" maxlength="2000" @input=${clear}
    /></label>
    <div class="actions">
      <button value="deny" ?disabled=${isBusy}>Deny</button>
      ${asked.kind === 'call' ? scopeView(asked) : nothing}
      <button class="primary" value="approve" ?disabled=${isBusy}>Approve</button>
    </div>
  </form>`
}

type StepBefore = {
  task?: string
  step?: string
  title?: string
  summary?: string
  change?: string
}

/** What came of the steps that a gate waits for: the person decides on that. */
const stepsBefore = (steps: StepBefore[]) =>
  html`<ul class="steps-before" aria-label="What was done before">
    ${steps.map(
      ({ task, step, title = step, summary, change }) =>
        html`<li>
          ${task ? html`<a href=${href('tasks', task)}>${title}</a>` : title}
          ${change ? html`<a href=${href('changes', change)}>its change</a>` : nothing}
          ${summary ? html`<small class="soft">${summary}</small>` : nothing}
        </li>`,
    )}
  </ul>`

function answerOf(form: HTMLFormElement, decision: string | null | undefined): Answer | undefined {
  const fields = new FormData(form)
  const text = (name: string) => {
    const value = fields.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
  const [reason, scope] = [text('reason'), text('scope')]
  const field = form.querySelector<HTMLInputElement>('input[name=reason]')
  if (decision === 'deny' && reason === '' && field) {
    field.setCustomValidity('Say why: the agent reads it.')
    field.reportValidity()
    return undefined
  }
  if (decision === 'deny') return { decision, reason }
  return { decision: 'approve', reason, ...(scope === '' ? {} : { scope }) }
}

const clear = (event: Event) => (event.target as HTMLInputElement).setCustomValidity('') // An input's own.

const scopeView = ({ task }: Approval) => {
  const scopes: ApprovalScope[] = task === undefined ? ['once', 'rule'] : ['once', 'task', 'rule']
  return html`<label class="inline scope"
    >Approve
    <select name="scope" aria-label="How far the yes reaches">
      ${scopes.map((scope) => html`<option value=${scope}>${reaches[scope]}</option>`)}
    </select></label
  >`
}

/** The steps of a plan as a picture; what draws it is loaded with the first one. */
function graphPreview(graph: unknown) {
  if (!customElements.get('sy-graph-preview')) void loadPart(() => import('./graph-preview.ts'))
  return html`<sy-graph-preview .steps=${graph}></sy-graph-preview>`
}
