import { html, nothing } from 'lit'
import type { SpecTask } from '../../schemas/spec.ts'
import { problem } from './problem.ts'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'
import type { Work } from './spec-work.ts'
import { drift, workLink } from './spec-work.ts'
import { skeleton } from './skeleton.ts'

type Traced = {
  ref: string
  kind: 'FR' | 'SC' | 'US'
  line: number
  text: string
  tasks: { id: string; line: number; state: 'open' | 'done' | 'other' }[]
}
type Trace = {
  items: Traced[]
  uncovered: string[]
  unknown: { ref: string; task: string; line: number }[]
}

const kinds = { FR: 'Requirements', US: 'User stories', SC: 'Success criteria' }

/** From each requirement to the tasks that carry it out and the changes that came of them. */
class Traceability extends PageElement {
  static override properties = {
    of: { attribute: false },
    work: { attribute: false },
    tasks: { attribute: false },
  }
  declare of: { repo: string; project: string; feature: string }
  declare work: Work
  declare tasks: SpecTask[]
  readonly #trace = new Query<Trace>(this, () => ({ tool: 'spec_trace', args: this.of }))

  override render() {
    const { value, error } = this.#trace
    if (!value) return error ? problem(error) : skeleton(6)
    if (value.items.length === 0)
      return html`<p class="empty">
        spec.md names no requirement. They are written as <code>**FR-001**: …</code>,
        <code>**SC-001**: …</code> and <code>### User Story 1</code>.
      </p>`
    return html`${gaps(value, this.tasks, this.work)}
    ${(['US', 'FR', 'SC'] as const).map((kind) => {
      const items = value.items.filter((item) => item.kind === kind)
      return items.length === 0 ? nothing : this.#table(kind, items)
    })}`
  }

  #table(kind: Traced['kind'], items: Traced[]) {
    return html`<h3>${kinds[kind]}</h3>
      <div class="scroll" tabindex="0" role="group" aria-label=${kinds[kind]}>
        <table class="trace">
          <thead>
            <tr>
              <th>${kinds[kind].replace(/ies$/, 'y').replace(/ria$/, 'rion').replace(/s$/, '')}</th>
              <th>Covered</th>
              <th>Tasks</th>
              <th>Work</th>
            </tr>
          </thead>
          <tbody>
            ${items.map(
              ({ ref, text, tasks }) =>
                html`<tr>
                  <td><b>${ref}</b> ${text}</td>
                  <td data-covered=${tasks.length > 0}>${coverage(tasks)}</td>
                  <td>
                    ${tasks.map(({ id, state }) => html`<span class="task-id" title=${state}>${mark(state)} ${id}</span> `)}
                  </td>
                  <td>
                    ${tasks.filter(({ id }) => this.work.has(id)).map(({ id }) => workLink(this.work.get(id)))}
                  </td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
  }
}

const mark = (state: SpecTask['state']): string => ({ done: '☑', open: '☐', other: '⊟' })[state]

function coverage(tasks: Traced['tasks']): string {
  if (tasks.length === 0) return 'by nothing'
  const done = tasks.filter(({ state }) => state === 'done').length
  if (done === tasks.length) return 'done'
  return `${done} of ${tasks.length} done`
}

/** What is not covered, what leads nowhere, and what is no longer true, in words. */
function gaps({ items, uncovered, unknown }: Trace, tasks: SpecTask[], work: Work) {
  const found = [
    ...(uncovered.length === 0
      ? []
      : [`No task names ${uncovered.join(', ')}: ${uncovered.length} of ${items.length}.`]),
    ...unknown.map(
      ({ ref, task, line }) =>
        `${task} (line ${line}) names ${ref}, which spec.md does not define.`,
    ),
    ...drift(tasks, work),
  ]
  if (found.length === 0)
    return html`<p class="line">Each of the ${items.length} is named by a task.</p>`
  return html`<ul class="plain gaps" aria-label="Gaps">
    ${found.map((text) => html`<li>${text}</li>`)}
  </ul>`
}

customElements.define('sy-traceability', Traceability)
