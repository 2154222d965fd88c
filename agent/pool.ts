import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { HubError } from '../schemas/errors.ts'
import { runAttempt, taskFolder } from './attempt.ts'
import type { HubClient } from './hub-client.ts'
import type { Granted } from './lease.ts'
import { removeFinished } from './workspace/clean-up.ts'

/**
 * A long-lived agent: claims one task of an org after another until told to stop. It survives
 * restarts of the hub, and one failing task does not end it.
 */
export async function runPool(
  hub: HubClient,
  options: {
    org?: string | undefined
    /** What it offers to tasks that require them. */
    tags?: string[]
    workRoot: string
    stop: AbortSignal
    say(text: string): void
  },
): Promise<void> {
  const { org, tags = [], workRoot, stop, say } = options
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 30)
  const agent = `worker-${host}-${randomBytes(4).toString('hex')}`
  say(`${agent} waits for work${org ? ` of ${org}` : ''}`)
  while (!stop.aborted) {
    try {
      const { lease } = await hub.call<{ lease?: Granted }>(
        'task_claim',
        { agent, host, tags, wait_ms: 45_000, ...(org ? { org } : {}) },
        { signal: stop },
      )
      if (!lease) continue
      say(`${lease.task.id}: ${lease.task.title}`)
      await runAttempt(hub, lease, { workRoot: taskFolder(workRoot, lease.task.id), stop })
      say(`${lease.task.id}: attempt ${lease.number} is over`)
      await removeFinished(hub, workRoot, stop)
    } catch (error) {
      if (stop.aborted) return
      // Wrong credentials will not get better; everything else is tried again after a pause.
      if (
        error instanceof HubError &&
        ['unauthenticated', 'denied', 'invalid'].includes(error.code)
      )
        throw error
      say(`could not go on: ${error instanceof Error ? error.message : String(error)}`)
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
}
