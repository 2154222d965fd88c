import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Task } from '../../schemas/task.ts'
import { HubError } from '../../schemas/errors.ts'
import type { HubClient } from '../hub-client.ts'

const keptMs = 24 * 3_600_000
const mostAsked = 50

/**
 * Removes clones whose task is over, so that a long-lived agent does not fill its disk. One that did not
 * succeed stays for a day: it may be tried again, and has what was not committed.
 */
export async function removeFinished(
  hub: HubClient,
  workRoot: string,
  signal: AbortSignal,
): Promise<void> {
  const names = await readdir(workRoot).catch(() => []) // Nothing was worked on yet.
  const clones: string[] = []
  for (const name of names) {
    const head = join(workRoot, name, 'tree', '.git', 'HEAD')
    if (await stat(head).catch(() => undefined)) clones.push(name) // Other folders are the hub's.
  }
  for (const name of clones.slice(0, mostAsked)) {
    if (await isOver(hub, name, signal))
      await rm(join(workRoot, name), { recursive: true, force: true, maxRetries: 5 })
  }
}

async function isOver(hub: HubClient, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { task } = await hub.call<{ task: Task }>('task_read', { task: id }, { signal })
    if (task.state === 'succeeded') return true
    return task.finishedAt !== undefined && Date.now() - task.finishedAt > keptMs
  } catch (error) {
    // Of another hub, or not to be seen any more: whoever runs the agent decides.
    if (error instanceof HubError && ['not_found', 'denied'].includes(error.code)) return false
    throw error
  }
}
