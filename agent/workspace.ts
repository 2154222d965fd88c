import { HubError } from '../schemas/errors.ts'
import type { Workspace } from '../schemas/repo.ts'
import type { Work } from './attempt.ts'

/** The task's own worktree on its own branch; the same one again in every attempt. */
export async function openWorkspace({ lease }: Work): Promise<Workspace> {
  const { repo, params } = lease.task
  if (repo === undefined) throw new HubError('invalid', `task ${lease.task.id} names no repository`)
  const ref = typeof params.ref === 'string' ? { ref: params.ref } : {}
  const target = typeof params.merge === 'string' ? { target: params.merge } : {}
  const space = await lease.hub.call<Workspace>(
    'branch_create',
    { repo, task: lease.task.id, ...ref, ...target },
    { signal: lease.signal, timeoutMs: 600_000 },
  )
  await lease.log.say(
    `worktree of ${repo} on branch ${space.branch}, from ${space.base.slice(0, 10)}`,
  )
  return space
}
