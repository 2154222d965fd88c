import { html, nothing } from 'lit'
import type { Feature } from '../../schemas/spec.ts'
import type { Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { changed } from '../parts/chips.ts'
import { featureBar, featureState, taskCount } from '../parts/feature.ts'
import { problem } from '../parts/problem.ts'
import '../parts/spec-document.ts'
import { specFindings } from '../parts/spec-findings.ts'
import type { Findings } from '../parts/spec-findings.ts'
import '../parts/spec-start.ts'
import '../parts/spec-tasks.ts'
import type { SpecTasks } from '../parts/spec-tasks.ts'
import { workOf } from '../parts/spec-work.ts'
import '../parts/traceability.ts'
import { skeleton } from '../parts/skeleton.ts'
import { badge } from '../parts/state.ts'
import { tabs } from '../parts/tabs.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'

type Read = { feature: Feature; outline: { document: string; headings: string[] }[] }

const mostTasks = 500
const newestTasks = 200
const order = ['spec.md', 'plan.md', 'tasks.md', 'research.md', 'data-model.md', 'quickstart.md']
const staleBy = ({ kind }: { kind: string }) => kind.startsWith('spec.') || kind === 'change.merged'

/** One feature: its documents, its tasks, what covers what, and what is not ready. */
class SpecPage extends PageElement {
  static override properties = {
    repo: {},
    project: {},
    feature: {},
    params: {},
    isStarting: { state: true },
  }
  declare repo: string
  declare project: string
  declare feature: string
  declare params: URLSearchParams
  declare isStarting: boolean
  readonly #read = new Query<Read>(this, () => this.#ask('spec_read', { parts: [] }))
  readonly #tasks = new Query<SpecTasks>(this, () =>
    this.#read.value?.feature.documents.includes('tasks.md')
      ? this.#ask('spec_task_list', { limit: mostTasks })
      : undefined,
  )
  readonly #findings = new Query<Findings>(this, () =>
    this.#tab === 'check' ? this.#ask('spec_check', {}) : undefined,
  )
  readonly #work = new Query<{ items: Task[] }>(this, () => ({
    tool: 'task_list',
    args: { limit: newestTasks },
  }))
  readonly #me = new Query<{ scopes: string[] }>(this, () => ({ tool: 'whoami' }))

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('focus', this.#look)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('focus', this.#look)
  }

  override render() {
    const { value, error } = this.#read
    const back = html`<a class="back" href=${href('specs', undefined, this.#place)}
      >All features</a
    >`
    if (!value) return html`${back}${error ? problem(error) : skeleton(12)}`
    const { feature } = value
    const { state, words } = featureState(feature)
    return html`<article class="spec" aria-label=${feature.title}>
      <header>
        ${back}
        <div class="head">
          <h2 class="title">${feature.title}</h2>
          ${
            this.#may('task:write') && feature.tasks.open > 0
              ? html`<div class="actions">
                  <button
                    aria-expanded=${this.isStarting}
                    @click=${() => (this.isStarting = !this.isStarting)}
                  >
                    Start as a plan…
                  </button>
                </div>`
              : nothing
          }
        </div>
        <p class="line">
          ${badge(state, words)} ${featureBar(feature)}
          <span>${taskCount(feature)}</span> <code>${feature.name}</code>
        </p>
        ${this.isStarting ? html`<sy-spec-start .of=${this.#of} @close=${() => (this.isStarting = false)}></sy-spec-start>` : nothing}
      </header>
      ${this.#tabs(feature)} ${problem(error)}
      <div class="tab-body">${this.#body(feature)}</div>
    </article>`
  }

  #tabs({ documents }: Feature) {
    const texts = documents.filter((document) => document.endsWith('.md'))
    const sorted = texts.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    const to = (tab: string) =>
      href('specs', this.feature, changed(this.params, { tab, edit: undefined }))
    return tabs('Parts of the feature', this.#tab, [
      { name: 'tasks', title: 'Tasks', href: to('tasks') },
      { name: 'trace', title: 'Traceability', href: to('trace') },
      { name: 'check', title: 'Readiness', href: to('check') },
      ...sorted.map((document) => ({ name: document, title: document, href: to(document) })),
    ])
  }

  #body(feature: Feature) {
    const list = this.#tasks.value
    const work = workOf(this.#work.value?.items ?? [], this.repo, feature.name)
    switch (this.#tab) {
      case 'tasks':
        if (!feature.documents.includes('tasks.md'))
          return html`<p class="empty">
            No tasks.md yet: Spec-Kit's tasks command makes it from the plan.
          </p>`
        if (!list) return this.#tasks.error ? problem(this.#tasks.error) : skeleton(8)
        return html`<sy-spec-tasks
          .of=${this.#of}
          .list=${list}
          .work=${work}
          .mayWrite=${this.#may('spec:write')}
          .mayStart=${this.#may('task:write')}
        ></sy-spec-tasks>`
      case 'trace':
        return html`<sy-traceability
          .of=${this.#of}
          .work=${work}
          .tasks=${list?.items ?? []}
        ></sy-traceability>`
      case 'check': {
        const { value, error } = this.#findings
        if (!value) return error ? problem(error) : skeleton(6)
        return specFindings(value, (document) =>
          href('specs', this.feature, changed(this.params, { tab: document })),
        )
      }
      default:
        return html`<sy-spec-document
          .of=${this.#of}
          .document=${this.#tab}
          .isEdited=${this.params.has('edit')}
          .mayWrite=${this.#may('spec:write')}
          @edit=${() => go('specs', this.feature, changed(this.params, { edit: '1' }))}
          @close=${() => go('specs', this.feature, changed(this.params, { edit: undefined }))}
        ></sy-spec-document>`
    }
  }

  get #tab(): string {
    const documents = this.#read.value?.feature.documents ?? []
    return this.params.get('tab') ?? (documents.includes('tasks.md') ? 'tasks' : 'spec.md')
  }

  get #place(): Record<string, string> {
    return { repo: this.repo, ...(this.project === '' ? {} : { project: this.project }) }
  }

  /** Made anew only when it is another feature, so that its parts know it again. */
  get #of(): { repo: string; project: string; feature: string } {
    const { repo, project, feature } = this
    const { repo: was, project: wasProject, feature: wasFeature } = this.#last
    if (was !== repo || wasProject !== project || wasFeature !== feature)
      this.#last = { repo, project, feature }
    return this.#last
  }
  #last = { repo: '', project: '', feature: '' }

  #may(scope: string): boolean {
    return this.#me.value?.scopes.includes(scope) ?? false
  }

  #ask(tool: string, args: Record<string, unknown>) {
    return { tool, args: { ...this.#of, ...args }, staleBy }
  }

  /** Files are changed by other programs too, which tell no event. */
  readonly #look = (): void => {
    for (const query of [this.#read, this.#tasks, this.#findings]) query.refresh()
  }
}

const rank = (document: string): number => {
  const at = order.indexOf(document)
  return at < 0 ? order.length : at
}

customElements.define('sy-spec', SpecPage)
