import { HubError } from '../../schemas/errors.ts'
import { reviewPolicyOf } from '../../schemas/review-policy.ts'
import { readRepository } from '../../servers/kit/store/repositories.ts'
import { toTask } from '../../servers/orchestration/store/task-row.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import type { ChangeRow } from '../../servers/radicle/store/changes.ts'
import type { ControllerContext } from './context.ts'

/** Has a model review the last revision of a change, where the org wants that: one task for a revision. */
export async function startReviewer(context: ControllerContext, row: ChangeRow): Promise<void> {
  const { call, store, config, log, signal } = context
  const { id: change, org, revisions, title } = row
  const { bot, botModel } = reviewPolicyOf(config().file, org)
  if (!bot || row.state !== 'open' || row.draft === 1) return
  if (row.task === null && row.imported_by === null) return
  const repository = await readRepository(store.reader, row.repo)
  const made = row.task === null ? undefined : await readTask(store.reader, row.task)
  const goal = made && toTask(made).params.goal
  try {
    await call('task_submit', {
      template: 'review',
      title: `Review: ${title}`.slice(0, 200),
      repo: repository?.path,
      params: { change, ...(typeof goal === 'string' ? { goal } : {}) },
      ...(botModel === undefined ? {} : { model: botModel }),
      org,
      for_task: row.task ?? row.id,
      idempotency_key: `review:${change}:${revisions}`,
    })
  } catch (error) {
    // Without a model, or where no agent may be started, people review alone.
    const isRefused = error instanceof HubError && error.code !== 'exhausted' && !signal.aborted
    if (!isRefused) throw error
    log.warn({ error, change }, 'no reviewer could be started for a change')
  }
}
