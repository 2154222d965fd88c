import { html, nothing } from 'lit'
import type { Task, TaskStage } from '../../schemas/task.ts'
import type { Template } from '../../schemas/template.ts'
import { PageElement } from '../element.ts'
import '../parts/board.ts'
import { stages, tasksOf } from '../parts/board.ts'
import { taskRow } from '../parts/card.ts'
import { empty } from '../parts/empty.ts'
import type { Choice } from '../parts/filters.ts'
import '../parts/filters.ts'
import { rows } from '../parts/rows.ts'
import { tabs } from '../parts/tabs.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './task.ts'
import './tasks.css'

/** All tasks as a list or a board, and beside the list the one that is open. */
class Tasks extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #templates = new Query<{ items: Template[] }>(this, () => ({ tool: 'template_list' }))
  readonly #who = new Query<{ principal: { orgs: string[] } }>(this, () => ({ tool: 'whoami' }))

  override render() {
    const isBoard = this.params.get('view') === 'board' && this.thing === undefined
    const isOpen = this.thing !== undefined
    if (isBoard)
      return html`${this.#head()}<sy-board
          .args=${this.#args()}
          .params=${this.#kept()}
        ></sy-board>`
    return html`<div class="${isOpen ? 'pair' : 'alone'} tasks" ?data-open=${isOpen}>
      <div>${this.#head()}${this.#list()}</div>
      ${isOpen ? html`<sy-task .task=${this.thing} .params=${this.params}></sy-task>` : nothing}
    </div>`
  }

  #list() {
    return rows<Task>({
      label: 'Tasks',
      asked: tasksOf({ ...this.#args(), ...this.#param('stage') }, this.#stage()),
      key: ({ id }) => id,
      row: (task) => taskRow(task, this.#kept(), task.id === this.thing),
      empty: this.#isFiltered()
        ? empty('No task is like this.', html`<a href=${href('tasks')}>Show all</a>`)
        : empty(
            'There is no task yet.',
            'Press c, or New task above, and say what should be done.',
          ),
      current: this.thing,
    })
  }

  #head() {
    const isBoard = this.params.get('view') === 'board'
    const isOpen = this.thing !== undefined
    const at = (change: Record<string, string>) =>
      href('tasks', undefined, without({ ...this.#kept(), ...change }))
    const all = [
      { name: '', title: 'All', href: at({ stage: '' }) },
      ...stages.map(({ stage: name, title }) => ({ name, title, href: at({ stage: name }) })),
    ]
    const views = [
      { name: 'list', title: 'List', href: at({ view: '' }) },
      { name: 'board', title: 'Board', href: at({ view: 'board', stage: '' }) },
    ]
    return html`<h1 class="visually-hidden">Tasks</h1>
      <div class="tasks-head">
        ${isBoard || isOpen ? nothing : tabs('Stages', this.params.get('stage') ?? '', all)}
        <sy-filters
          label="Filter tasks by title"
          .params=${this.params}
          .choices=${this.#choices(isOpen)}
        ></sy-filters>
        ${isOpen ? nothing : tabs('Views', isBoard ? 'board' : 'list', views)}
      </div>`
  }

  /** Beside an open task there is no room for the stages as tabs. */
  #choices(isOpen: boolean): Choice[] {
    const named = [...new Set((this.#templates.value?.items ?? []).map(({ name }) => name))]
    const orgs = (this.#who.value?.principal.orgs ?? []).filter((org) => org !== '*')
    const same = (values: string[]) => values.map((value) => ({ value, title: value }))
    const shownStages = stages.map(({ stage: value, title }) => ({ value, title }))
    return [
      ...(isOpen ? [{ name: 'stage', title: 'All stages', options: shownStages }] : []),
      { name: 'template', title: 'Any template', options: same(named) },
      ...(orgs.length > 1 ? [{ name: 'org', title: 'Any org', options: same(orgs) }] : []),
    ]
  }

  #args(): Record<string, unknown> {
    return { ...this.#param('text'), ...this.#param('template'), ...this.#param('org') }
  }

  /** The stage that the list is narrowed to, if the address names one. */
  #stage(): TaskStage | undefined {
    return stages.find(({ stage }) => stage === this.params.get('stage'))?.stage
  }

  #param(name: string): Record<string, string> {
    const value = this.params.get(name)
    return value ? { [name]: value } : {}
  }

  #isFiltered(): boolean {
    return ['stage', 'text', 'template', 'org'].some((name) => this.params.has(name))
  }

  /** The state of the list, which opening a task keeps. */
  #kept(): Record<string, string> {
    return Object.fromEntries(
      ['view', 'stage', 'text', 'template', 'org'].flatMap((name) =>
        Object.entries(this.#param(name)),
      ),
    )
  }
}

const without = (params: Record<string, string>) =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''))

customElements.define('sy-page-tasks', Tasks)
