import type { ReactiveControllerHost } from 'lit'
import type { Approval } from '../schemas/approval.ts'
import type { Change } from '../schemas/change.ts'
import type { Task } from '../schemas/task.ts'
import type { ToolError } from './mcp.ts'
import { Query } from './query.ts'
import { isSeen, onSeen } from './seen.ts'
import { staleTasks } from './task-events.ts'

const shownMost = 50

/** What waits for a person: questions, changes to review, work that is held, failures not looked at. */
export class Inbox {
  readonly #asked: Query<{ items: Approval[]; pending?: number }>
  readonly #changes: Query<{ items: Change[]; next?: string }>
  readonly #held: Query<{ items: Task[] }>
  readonly #failed: Query<{ items: Task[] }>

  constructor(host: ReactiveControllerHost) {
    const limit = shownMost
    this.#asked = new Query(host, () => ({ tool: 'approval_list', args: { limit } }))
    this.#changes = new Query(host, () => ({
      tool: 'change_list',
      args: { state: 'open', limit },
    }))
    this.#held = new Query(host, () => ({
      tool: 'task_list',
      args: { waiting_for: 'budget', limit },
      staleBy: staleTasks('pending'),
      everyMs: 1000,
    }))
    this.#failed = new Query(host, () => ({
      tool: 'task_list',
      args: { stage: 'failed', limit },
      staleBy: staleTasks('failed'),
    }))
    let stop: (() => void) | undefined
    host.addController({
      hostConnected: () => {
        stop = onSeen(() => host.requestUpdate())
      },
      hostDisconnected: () => stop?.(),
    })
  }

  get questions(): Approval[] {
    return this.#asked.value?.items ?? []
  }

  /** How many questions there are, also those that are not shown. */
  get asked(): number {
    return this.#asked.value?.pending ?? 0
  }

  get changes(): Change[] {
    return this.#changes.value?.items ?? []
  }

  /** What may go on only when somebody raises a budget. */
  get held(): Task[] {
    return this.#held.value?.items ?? []
  }

  get failures(): Task[] {
    return (this.#failed.value?.items ?? []).filter((task) => !isSeen(task))
  }

  get count(): number {
    return this.asked + this.changes.length + this.held.length + this.failures.length
  }

  get isLoading(): boolean {
    return this.#all.some(({ isLoading }) => isLoading)
  }

  /** What could not be read, but for what this person may not see anyway. */
  get error(): ToolError | undefined {
    const errors = this.#all.map(({ error }) => error)
    return errors.find((error) => error !== undefined && error.body.code !== 'denied')
  }

  get #all(): Query<unknown>[] {
    return [this.#asked, this.#changes, this.#held, this.#failed]
  }
}
