import type { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Event } from '../../schemas/event.ts'
import { reviewPolicyOf } from '../../schemas/review-policy.ts'
import { isTerminal } from '../../schemas/task.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import type { ChangeRow } from '../../servers/radicle/store/changes.ts'
import { readChange, readChangeOf } from '../../servers/radicle/store/changes.ts'
import { readPending, roundsAlone } from '../../servers/radicle/store/discussion.ts'
import type { ControllerContext } from './context.ts'
import { follow } from './follow.ts'
import { endMergeCheck, startMergeCheck } from './merge-checks.ts'
import { startReviewer } from './reviewer.ts'
import { mergeBySelf, resolveConflict } from './self-merge.ts'

/**
 * Connects changes with their tasks. What asks for work brings the next attempt on the same branch, a
 * merge ends the task, a closed change cancels it, and a canceled task closes its change; what is
 * approved is merged where the org says so. It looks at what is on record, not at single events: of a
 * burst of comments the first one starts an attempt, which reads them all, and what comes after it has
 * read is found when it ends.
 */
export function review(context: ControllerContext): Promise<void> {
  return follow(context, 'review', async (event) => {
    if (event.kind.startsWith('change.')) await afterChange(context, event)
    if (event.kind.startsWith('task.') && event.task !== undefined)
      await afterTask(context, event.kind, event.task)
  })
}

async function afterChange(context: ControllerContext, event: Event): Promise<void> {
  const row = await readChange(context.store.reader, event.subject)
  if (!row) return
  switch (event.kind) {
    case 'change.opened':
    case 'change.revised':
    case 'change.ready':
      if (event.data.revision === row.revisions) await startReviewer(context, row)
      return advance(context, row)
    case 'change.checking':
      return startMergeCheck(context, row, String(event.data.merged))
    case 'change.commented':
    case 'change.reviewed':
    case 'change.checked':
      return advance(context, row)
    case 'change.conflicted':
      return row.conflict === null ? undefined : resolveConflict(context, row)
    case 'change.merged':
    case 'change.closed':
      return settleEnded(context, row, event)
  }
}

async function afterTask(context: ControllerContext, kind: string, task: string): Promise<void> {
  const { call, store } = context
  if (kind === 'task.in_review') {
    const row = await readChangeOf(store.reader, task)
    if (!row) return
    // It may have been decided on before its agent had reported.
    if (row.state !== 'open') return settleEnded(context, row)
    return row.conflict === null ? advance(context, row) : resolveConflict(context, row)
  }
  if (['task.succeeded', 'task.failed', 'task.canceled'].includes(kind)) {
    await call('workspace_remove', { task })
    await call('work_remove', { task })
    const ended = await readTask(store.reader, task)
    if (ended) await endMergeCheck(context, ended)
  }
  if (kind === 'task.canceled') {
    const { items } = await call<{ items: Change[] }>('change_list', { task, state: 'open' })
    for (const { id: change } of items)
      await call('change_close', { change, reason: 'the task was canceled' })
  }
}

/** Sends the task back to an agent when there is something to do, and merges when there is nothing. */
async function advance(context: ControllerContext, row: ChangeRow): Promise<void> {
  const { call, store, config } = context
  const { id: change, task } = row
  if (row.state !== 'open') return
  const pending = await readPending(store.reader, row)
  const worker = task === null ? undefined : await readTask(store.reader, task)
  if (pending.length === 0) {
    // An attempt under way has read what was asked for and is about to propose another revision.
    const isAtWork = worker && worker.state !== 'in_review' && !isTerminal(worker.state)
    if (!isAtWork) await mergeBySelf(context, row)
    return
  }
  if (!worker || worker.state !== 'in_review') return
  const { maxRounds } = reviewPolicyOf(config().file, row.org)
  const isAlone = pending.every(({ kind }) => kind !== 'user')
  if (isAlone && (await roundsAlone(store.reader, row)) >= maxRounds) {
    const reason = `${maxRounds} rounds went by without a word of a person. Ask for changes to have it go on, merge it, or close it.`
    await call('change_hold', { change, reason })
  } else await call('task_settle', { task: worker.id, event: 'changes_requested' })
}

async function settleEnded(
  { call }: ControllerContext,
  row: ChangeRow,
  event?: Event,
): Promise<void> {
  const { task } = row
  if (task === null) return
  const reason = event?.data.reason
  const message = typeof reason === 'string' ? reason : ''
  try {
    await call('task_settle', {
      task,
      event: row.state === 'merged' ? 'merged' : 'closed',
      message,
    })
  } catch (error) {
    // A change may be of work that no task of this hub did.
    if (!(error instanceof HubError) || error.code !== 'not_found') throw error
  }
}
