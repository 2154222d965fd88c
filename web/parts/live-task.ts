import type { Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { Query } from '../query.ts'
import { taskCard } from './card.ts'

/** The card of a task that follows it: as it was given, until the hub has said how it is now. */
class LiveTask extends PageElement {
  static override properties = { task: { attribute: false } }
  declare task: Task
  readonly #read = new Query<{ task: Task }>(this, () => ({
    tool: 'task_read',
    args: { task: this.task.id },
    staleBy: ({ task }) => task === this.task.id,
  }))

  override render() {
    return taskCard(this.#read.value?.task ?? this.task)
  }
}

customElements.define('sy-live-task', LiveTask)
