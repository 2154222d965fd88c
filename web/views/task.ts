import { html, nothing } from 'lit'
import type { Event } from '../../schemas/event.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import '../parts/approvals.ts'
import '../parts/change.ts'
import { checksView } from '../parts/checks.ts'
import { copyable } from '../parts/copy.ts'
import { empty } from '../parts/empty.ts'
import { factsView } from '../parts/facts.ts'
import '../parts/files.ts'
import '../parts/log.ts'
import { problem } from '../parts/problem.ts'
import { reportsView } from '../parts/reports.ts'
import { skeleton } from '../parts/skeleton.ts'
import { spine } from '../parts/spine.ts'
import { badge } from '../parts/state.ts'
import { tabs } from '../parts/tabs.ts'
import '../parts/task-actions.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { markSeen } from '../seen.ts'
import type { Spent } from '../story.ts'
import { storyOf } from '../story.ts'
import { TaskHistory } from '../task-history.ts'

type Read = { task: Task; attempts: Attempt[]; children: Pick<Task, 'id' | 'state' | 'title'>[] }

const details = { log: 'Log', change: 'Change', results: 'Results', files: 'Files', facts: 'Facts' }
type Detail = keyof typeof details
type Shown = { task: string; detail: Detail }
const final = ['succeeded', 'failed', 'canceled']

/** One task: its story, what can be done now, and beside the story the detail that is looked at. */
class TaskPage extends PageElement {
  static override properties = { task: {}, params: {} }
  declare task: string
  declare params: URLSearchParams
  readonly #isOwn = (event: Event): boolean => event.task === this.task
  readonly #read = new Query<Read>(this, () => this.#asked('task_read', { task: this.task }))
  readonly #history = new TaskHistory(this, () => this.task)
  readonly #spent = new Query<{ items: Spent[] }>(this, () =>
    this.#asked('usage_read', { task: this.task, by: 'task' }),
  )

  /** What was shown last, and what a person reads. */
  #last: Shown | undefined
  #kept: Shown | undefined

  override render() {
    const { value, error } = this.#read
    if (!value || value.task.id !== this.task)
      return html`<article class="task">${error ? problem(error) : skeleton(6)}</article>`
    const { task, attempts } = value
    const show = this.#shown(task)
    const events = this.#history.items
    const spent = this.#spent.value?.items[0]
    return html`<article class="task" aria-label=${task.title}>
      <a class="back" href=${this.#href()}>← All tasks</a>
      <header>
        <p class="line">
          ${badge(task.state)}<span>${task.template}</span>
          ${task.repo ? html`<code>${task.repo.split('/').at(-1)}</code>` : nothing}
          <span>by ${task.submittedBy}</span>${since(task.submittedAt)}${copyable(task.id)}
        </p>
        <h1>${task.title}</h1>
        ${task.pendingReason ? html`<p class="reason">${task.pendingReason}</p>` : nothing}
        ${task.failure ? html`<p class="problem" tabindex="0"><span>${task.failure.message}</span></p>` : nothing}
        <sy-task-actions .task=${task}></sy-task-actions>
      </header>
      ${problem(error)}
      ${final.includes(task.state) ? nothing : html`<sy-approvals .task=${task.id}></sy-approvals>`}
      <div class="story">
        <section aria-label="Story">
          ${this.#earlier()}
          ${spine(storyOf({ task, attempts, events, spent }), (name) => this.#href(name, true))}
        </section>
        <section aria-label=${show === 'change' ? 'What it changed' : details[show]}>
          ${tabs(
            'Details',
            show,
            this.#offered(task).map((name) => ({
              name,
              title: details[name],
              href: this.#href(name, true),
            })),
          )}
          <div
            class="detail"
            @pointerdown=${this.#reading}
            @wheel=${{ handleEvent: this.#reading, passive: true }}
            @keydown=${this.#reading}
          >
            ${this.#detail(show, value)}
          </div>
        </section>
      </div>
    </article>`
  }

  /** A long story is read back from its end. */
  #earlier() {
    const { error, hasEarlier, isBusy } = this.#history
    if (!hasEarlier) return problem(error)
    return html`${problem(error)}<button
        type="button"
        ?disabled=${isBusy}
        @click=${() => void this.#history.loadEarlier()}
      >
        Show what was earlier
      </button>`
  }

  protected override updated(): void {
    const task = this.#read.value?.task
    if (task?.id === this.task && task.state === 'failed') markSeen(task.id)
  }

  #detail(show: Detail, { task, attempts, children }: Read) {
    const { result } = task
    switch (show) {
      case 'log':
        return html`<sy-log .task=${task.id}></sy-log>`
      case 'change':
        return result?.change
          ? html`<sy-change .change=${result.change}></sy-change>`
          : empty('This task proposed no change.')
      case 'results':
        return html`${result ? html`<p class="body">${result.summary}</p>` : empty('There is no result yet.')}
        ${checksView(result?.checks ?? [])} ${reportsView(result?.reports, result?.metrics)}`
      case 'files':
        return html`<sy-files .task=${task.id}></sy-files>`
      case 'facts':
        return factsView(task, attempts, children)
    }
  }

  /** What the address says, or what is being read, or what people look for first in such a task. */
  #shown(task: Task): Detail {
    const asked = this.params.get('show')
    if (asked !== null && asked in details) return asked as Detail // Checked before.
    if (this.#kept?.task === task.id) return this.#kept.detail
    const detail = this.#firstOf(task)
    // Its end does not take the log away: the story beside it tells of the result.
    const isLogKept = this.#last?.task === task.id && this.#last.detail === 'log'
    this.#last = {
      task: task.id,
      detail: isLogKept && detail === 'results' ? 'log' : detail,
    }
    return this.#last.detail
  }

  /** Whoever points, scrolls or types in a detail reads it: it stays until another is chosen. */
  readonly #reading = (): void => {
    this.#kept = this.#last
  }

  #firstOf(task: Task): Detail {
    if (task.result?.change) return 'change'
    if (task.state === 'succeeded') return 'results'
    return task.attempts === 0 ? 'facts' : 'log'
  }

  #offered({ result }: Task): Detail[] {
    const all: Detail[] = ['log', 'change', 'results', 'files', 'facts']
    return all.filter((name) => name !== 'change' || result?.change !== undefined)
  }

  #href(show?: string, isOwn = false): string {
    const { show: _, ...list } = Object.fromEntries(this.params)
    return href(
      'tasks',
      isOwn ? this.task : undefined,
      show === undefined ? list : { ...list, show },
    )
  }

  #asked(tool: string, args: Record<string, unknown>) {
    return { tool, args, staleBy: this.#isOwn }
  }
}

customElements.define('sy-task', TaskPage)
