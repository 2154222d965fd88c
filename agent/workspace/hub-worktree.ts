import type { Workspace } from '../../schemas/repo.ts'
import type { Lease } from '../lease.ts'
import type { Merged, TaskWorkspace } from './workspace.ts'

/** The worktree that the hub made, where its data directory can be seen: the hub commits and merges there. */
export function hubWorktree(lease: Lease, { path, branch, base }: Workspace): TaskWorkspace {
  const { hub, signal } = lease
  const task = lease.task.id
  const patient = { signal, timeoutMs: 600_000 }
  return {
    ...{ path, branch, base },
    commit: (message) => hub.call('commit_create', { task, message }, patient),
    update: () => hub.call<Merged>('branch_update', { task }, patient),
  }
}
