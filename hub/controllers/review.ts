import type { Change } from '../../schemas/change.ts'
import type { ControllerContext } from './context.ts'
import { follow } from './follow.ts'

/**
 * Connects changes with their tasks: requested changes bring the next attempt on the same branch, a
 * merge ends the task, a closed change cancels it, and a canceled task closes its change. What a
 * finished task leaves on disk is removed.
 */
export function review(context: ControllerContext): Promise<void> {
  const { call } = context
  const settle = (task: string, event: string, message = '') =>
    call('task_settle', { task, event, message })
  return follow(context, 'review', async (event) => {
    const { kind, task, data } = event
    if (task === undefined) return
    if (kind === 'change.reviewed' && data.verdict === 'request_changes')
      await settle(task, 'changes_requested')
    if (kind === 'change.merged') await settle(task, 'merged')
    if (kind === 'change.closed')
      await settle(task, 'closed', typeof data.reason === 'string' ? data.reason : '')
    if (['task.succeeded', 'task.failed', 'task.canceled'].includes(kind)) {
      await call('workspace_remove', { task })
    }
    if (kind === 'task.canceled') {
      const { items } = await call<{ items: Change[] }>('change_list', { task, state: 'open' })
      for (const { id: change } of items)
        await call('change_close', { change, reason: 'the task was canceled' })
    }
  })
}
