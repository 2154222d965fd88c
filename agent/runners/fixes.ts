import type { Change } from '../../schemas/change.ts'
import type { Work } from '../attempt.ts'
import type { Fix } from '../docs/links.ts'
import type { TaskWorkspace } from '../workspace/workspace.ts'

/** A change that was opened, and what it holds. */
export type Proposal = { change: string; summary: string }

/**
 * Commits mended links and opens the task's change with them. An attempt that comes after one that was
 * cut off between the two finds nothing more to mend, and opens the change all the same.
 */
export async function proposeFixes(
  { lease, signal }: Work,
  space: TaskWorkspace,
  fixes: Fix[],
): Promise<Proposal | undefined> {
  const { id: task, title } = lease.task
  const settings = { signal, timeoutMs: 600_000 }
  const pages = new Set(fixes.map(({ path }) => path)).size
  const lines = fixes
    .slice(0, 100)
    .map(({ path, link, replacement }) => `- ${path}:${link.line}: ${link.target} → ${replacement}`)
  const summary = `Mends ${fixes.length} links in ${pages} pages whose target has moved.`
  const message = `docs: mend links whose target has moved\n\n${lines.join('\n')}`.slice(0, 20_000)
  const { head } = await space.commit(message)
  if (head === space.base) return undefined
  const body = [summary, '', ...lines].join('\n').slice(0, 20_000)
  const change = await lease.hub.call<Change>(
    'change_open',
    { task, title, body, summary, checks: [] },
    settings,
  )
  await lease.log.say(`change ${change.id} is ready for review`)
  return { change: change.id, summary }
}
