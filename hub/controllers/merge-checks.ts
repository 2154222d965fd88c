import { HubError } from '../../schemas/errors.ts'
import type { Task } from '../../schemas/task.ts'
import { readRepository } from '../../servers/kit/store/repositories.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import { toTask } from '../../servers/orchestration/store/task-row.ts'
import type { ChangeRow } from '../../servers/radicle/store/changes.ts'
import type { ControllerContext } from './context.ts'

const prefix = 'merge-check:'

/** Runs the checks on a change merged with its target, in a task that one merge has but once. */
export async function startMergeCheck(
  { call, store, log, signal }: ControllerContext,
  row: ChangeRow,
  merged: string,
): Promise<void> {
  const repository = await readRepository(store.reader, row.repo)
  try {
    await call<Task>('task_submit', {
      template: 'ci',
      title: `Check the merge of: ${row.title}`.slice(0, 200),
      repo: repository?.path,
      ref: merged,
      org: row.org,
      for_task: row.task ?? row.id,
      idempotency_key: `${prefix}${row.id}:${merged}`,
    })
  } catch (error) {
    if (!(error instanceof HubError) || error.code === 'exhausted' || signal.aborted) throw error
    log.warn({ error, change: row.id }, 'the checks of a merge could not be started')
    const reason = `the checks of its merge could not be started: ${error.message}`
    await call('change_hold', { change: row.id, reason })
  }
}

/** Passes on what came of such a task; others are none of its business. */
export async function endMergeCheck({ call }: ControllerContext, row: TaskRow): Promise<void> {
  const { id: task, state, provenance, failure } = toTask(row)
  // Anybody may choose a key, but only a controller submits for another task.
  if (provenance.via !== 'review' || !row.idempotency_key?.startsWith(prefix)) return
  const [change, merged] = row.idempotency_key.slice(prefix.length).split(':')
  const passed = state === 'succeeded' || failure?.code === 'no_checks'
  await call('change_checked', { change, merged, passed, task })
}
