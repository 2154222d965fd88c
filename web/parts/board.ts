import { html } from 'lit'
import type { Task, TaskStage } from '../../schemas/task.ts'
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
export const board = (args: Record<string, unknown>, params: Record<string, string>) =>
  html`<div class="board">
    ${stages.map(
      ({ stage, title, none }) =>
        html`<section aria-label=${title} data-stage=${stage}>
          <h2>${title} ${listCount<Task>(columnOf(args, stage))}</h2>
          <div class="column" tabindex="-1">
            ${rows<Task>({
              label: title,
              ...columnOf(args, stage),
              row: (task) => taskCard(task, params),
              empty: empty(none),
              height: 104,
            })}
          </div>
        </section>`,
    )}
  </div>`

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
