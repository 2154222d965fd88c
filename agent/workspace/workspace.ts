import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConflictFile } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Workspace } from '../../schemas/repo.ts'
import type { Work } from '../attempt.ts'
import { openClone } from './clone.ts'
import { hubWorktree } from './hub-worktree.ts'

/** What the target branch has that conflicts with the work, as it lies in the workspace. */
export type Merged = {
  state: 'current' | 'merged' | 'conflicts'
  target: string
  files: ConflictFile[]
}

/** Where a task is worked on, on its own branch; the same one again in every attempt. */
export type TaskWorkspace = Pick<Workspace, 'path' | 'branch' | 'base'> & {
  /** Commits all that has changed to the branch that the hub has, and returns its head. */
  commit(message: string): Promise<{ head: string; committed: boolean }>
  /** Merges the target branch as it is now and leaves conflicts between markers; the next commit completes it. */
  update(): Promise<Merged>
}

/**
 * The workspace of the task: the worktree in the data directory of the hub, or where that is another
 * machine's, a clone of the agent's own. `SWITCHYARD_GIT=http` says so where a path could mislead.
 */
export async function openWorkspace(
  work: Pick<Work, 'lease' | 'folder'>,
  from: { ref?: string } = {},
): Promise<TaskWorkspace> {
  const { lease, folder } = work
  const { repo, params } = lease.task
  if (repo === undefined) throw new HubError('invalid', `task ${lease.task.id} names no repository`)
  const ref = from.ref ?? params.ref
  const space = await lease.hub.call<Workspace>(
    'branch_create',
    {
      ...{ repo, task: lease.task.id },
      ...(typeof ref === 'string' ? { ref } : {}),
      ...(typeof params.merge === 'string' ? { target: params.merge } : {}),
    },
    { signal: lease.signal, timeoutMs: 600_000 },
  )
  const isHere = process.env.SWITCHYARD_GIT !== 'http' && (await exists(join(space.path, '.git')))
  const opened = isHere ? hubWorktree(lease, space) : await openClone(lease, space, folder)
  const kind = isHere ? 'worktree' : 'clone'
  const { branch, base } = opened
  await lease.log.say(`${kind} of ${repo} on branch ${branch}, from ${base.slice(0, 10)}`)
  return opened
}

const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined // Missing, or not for this user: not ours.
