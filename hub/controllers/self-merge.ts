import type { Change, Mergeable } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { reviewPolicyOf } from '../../schemas/review-policy.ts'
import { isTerminal } from '../../schemas/task.ts'
import { readRepository } from '../../servers/kit/store/repositories.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import type { ChangeRow } from '../../servers/radicle/store/changes.ts'
import { toChange } from '../../servers/radicle/store/changes.ts'
import type { ControllerContext } from './context.ts'

/** Merges a change that has all it needs, where the org says so; a conflict goes back to an agent. */
export async function mergeBySelf(context: ControllerContext, row: ChangeRow): Promise<void> {
  const { call, config } = context
  const { id: change } = row
  const { autoMerge, required, updateCheckout } = reviewPolicyOf(config().file, row.org)
  if (!autoMerge || required === undefined) return
  const read = await call<{ change: Change; mergeable: Mergeable }>('change_read', {
    change,
    max_bytes: 0,
  })
  if (read.change.state !== 'open') return
  const { ready, reasons } = read.mergeable
  const blocking = reasons.filter(({ blocks }) => blocks)
  if (blocking.length === 1 && blocking[0]?.code === 'merge_unchecked')
    return checkMerge(context, row)
  const isConflict = ({ blocks, code }: Mergeable['reasons'][number]) =>
    !blocks || code === 'conflict' || code === 'target_moved'
  if (!ready && !reasons.every(isConflict)) return
  try {
    await call('change_merge', {
      change,
      expect_head: read.change.head,
      update_checkout: updateCheckout,
      resolve: true,
    })
  } catch (error) {
    // What stands in the way here is for a person to remove, such as a checkout of the target.
    if (!(error instanceof HubError) || !['conflict', 'denied'].includes(error.code)) throw error
    const reason = [error.message, error.hint].filter(Boolean).join('. ').slice(0, 2000)
    await call('change_hold', { change, reason })
  }
}

/** Has the checks run on what a merge would give; one that failed is for a person to look at. */
async function checkMerge({ call }: ControllerContext, row: ChangeRow): Promise<void> {
  const { state } = await call<{ state: string }>('change_check', { change: row.id })
  if (state !== 'failed') return
  const reason = `its checks fail once it is merged with ${row.target}. Ask for changes to have that mended.`
  await call('change_hold', { change: row.id, reason })
}

/**
 * Has the conflict of a change with its target resolved: by the next attempt of its task, or, when that
 * has ended, by a new task that goes on from its branch.
 */
export async function resolveConflict(context: ControllerContext, row: ChangeRow): Promise<void> {
  const { call, store } = context
  const { conflict } = toChange(row)
  if (row.state !== 'open' || !conflict) return
  const { task, target, branch, org } = row
  const worker = task === null ? undefined : await readTask(store.reader, task)
  if (worker && !isTerminal(worker.state)) {
    // At work it is asked again when it has reported.
    await call('task_settle', {
      task: worker.id,
      event: 'changes_requested',
      message: `it conflicts with ${target}`,
    })
    return
  }
  const repository = await readRepository(store.reader, row.repo)
  const files = conflict.files.map(({ path }) => path).join(', ')
  const asked = {
    template: 'code',
    title: `Resolve the conflict of: ${row.title}`.slice(0, 200),
    repo: repository?.path,
    goal: `Bring the work of branch ${branch} ("${row.title}") up to date with ${target}, which it conflicts with in ${files}. Keep what both intend.`,
    ref: branch,
    params: { merge: target },
    ...(worker?.model ? { model: worker.model } : {}),
    org,
    for_task: task ?? row.id,
    idempotency_key: `conflict:${row.id}:${row.head}:${conflict.target}`,
  }
  const then = await submitted(context, asked)
  const reason = `it conflicts with ${target} in ${files}; ${then}`
  await call('change_hold', { change: row.id, reason: reason.slice(0, 2000) })
}

/** What comes of a new task for a conflict, in words for who reads the change. */
async function submitted({ call, signal }: ControllerContext, asked: object): Promise<string> {
  try {
    const { id } = await call<{ id: string }>('task_submit', { ...asked })
    return `${id} resolves that in a change of its own. Close this one when that is merged.`
  } catch (error) {
    // Without a model, or where no agent may be started, a person resolves it.
    if (!(error instanceof HubError) || error.code === 'exhausted' || signal.aborted) throw error
    return `no task could be submitted to resolve that: ${error.message}`
  }
}
