import type { Work } from './attempt.ts'
import { openWorkspace } from './workspace/workspace.ts'

const maxDiffBytes = 1_048_576

/**
 * Commits what an attempt leaves unfinished to the task's branch and keeps the difference as an artifact,
 * so that the next attempt goes on from it and people can look at it meanwhile.
 */
export async function keepWork({ lease, folder }: Pick<Work, 'lease' | 'folder'>): Promise<void> {
  const { task, hub, signal } = lease
  if (task.repo === undefined) return
  const settings = { signal, timeoutMs: 600_000 }
  try {
    const { branch, base, commit } = await openWorkspace({ lease, folder })
    const { head } = await commit(`${task.title}\n\nUnfinished: the budget was spent.`)
    if (head === base) return
    const { diff } = await hub.call<{ diff: string }>(
      'repo_diff',
      { repo: task.repo, from: base, to: head, max_bytes: maxDiffBytes },
      settings,
    )
    await lease.keep('unfinished.patch', diff || '\n', 'text/x-patch')
    await lease.log.say(`the work so far is on branch ${branch}, and in unfinished.patch`)
  } catch (error) {
    signal.throwIfAborted()
    // The worktree is still there; that it could not be shown as well does not change the outcome.
    await lease.log.say(`the work so far could not be kept as an artifact: ${String(error)}`)
  }
}
