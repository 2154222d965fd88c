import { html } from 'lit'
import type { PropertyValues } from 'lit'
import type { Task, TaskStage } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { Paged } from '../paged.ts'
import type { Asked } from '../query.ts'
import { staleTasks } from '../task-events.ts'
import { taskCard } from './card.ts'
import { empty } from './empty.ts'
import { listCount } from './list-count.ts'
import { rows } from './rows.ts'

export const stages: { stage: TaskStage; title: string; none: string }[] = [
  { stage: 'pending', title: 'Waiting to start', none: 'Nothing is queued.' },
  { stage: 'active', title: 'In work', none: 'No agent is at work.' },
  { stage: 'review', title: 'In review', none: 'Nothing waits for you.' },
  { stage: 'failed', title: 'Failed', none: 'Nothing failed.' },
  { stage: 'done', title: 'Done', none: 'Nothing is finished yet.' },
]

/** Columns by where tasks stand, each a list of its own that goes on as one scrolls it. */
class Board extends PageElement {
  static override properties = { args: {}, params: {} }
  declare args: Record<string, unknown>
  declare params: Record<string, string>
  readonly #lists = stages.map(({ stage }) => new Paged(this, () => columnOf(this.args, stage)))
  /** Whether it has begun at a column; from then on it is a person's to scroll. */
  #isPlaced = false

  override render() {
    return html`<div class="board">
      ${stages.map(
        ({ stage, title, none }) =>
          html`<section aria-label=${title} data-stage=${stage}>
            <h2>${title} ${listCount<Task>(columnOf(this.args, stage))}</h2>
            <div class="column" tabindex="-1">
              ${rows<Task>({
                label: title,
                ...columnOf(this.args, stage),
                row: (task) => taskCard(task, this.params),
                empty: empty(none),
                height: 104,
              })}
            </div>
          </section>`,
      )}
    </div>`
  }

  /** Where not all columns fit, it begins with the first that has something. */
  protected override updated(changes: PropertyValues<this>): void {
    if (changes.has('args') && JSON.stringify(changes.get('args')) !== JSON.stringify(this.args))
      this.#isPlaced = false
    if (this.#isPlaced) return
    const first = this.#lists.findIndex(({ list }) => !list || list.isLoading || list.count > 0)
    const isKnown = this.#lists[first]?.list?.isLoading === false
    if (!isKnown) return
    this.#isPlaced = true
    const box = this.querySelector('.board')
    const columns = this.querySelectorAll<HTMLElement>('.board > section')
    if (box?.scrollLeft !== 0) return // Somebody was quicker.
    box.scrollTo((columns[first]?.offsetLeft ?? 0) - (columns[0]?.offsetLeft ?? 0), 0)
  }
}

const columnOf = (args: Record<string, unknown>, stage: TaskStage) => ({
  asked: tasksOf(args, stage),
  key: ({ id }: Task) => id,
})

/** The listing of tasks, or of those in a stage. */
export const tasksOf = (args: Record<string, unknown>, stage?: TaskStage): Asked => ({
  tool: 'task_list',
  args: stage === undefined ? args : { ...args, stage },
  staleBy: staleTasks(stage),
})

customElements.define('sy-board', Board)
