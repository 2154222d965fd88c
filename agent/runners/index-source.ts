import type { ContextSource } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Outcome, Work } from '../attempt.ts'

type Refreshed = {
  source: ContextSource
  done: boolean
  added: number
  removed: number
  skippedCount: number
}

/** Template `index`: has the hub read a source again, and waits until all of it is searchable. */
export async function runIndex(work: Work): Promise<Outcome> {
  const { lease } = work
  const { source, rebuild } = lease.task.params
  const asked = typeof source === 'string' ? { source } : {}
  let isFirst = true
  for (;;) {
    // Only the first call rebuilds; those after it wait for its end, and read what changed meanwhile.
    const args = { ...asked, rebuild: isFirst && rebuild === true, wait_ms: 45_000 }
    const read = await refresh(work, args)
    isFirst = false
    const { name, documents, chunks, problem } = read.source
    if (!read.done) {
      await lease.log.say(`${name}: still being read, ${documents} documents so far`)
      continue
    }
    const summary = `${name}: ${documents} documents in ${chunks} chunks; ${read.added} added, ${read.removed} removed, ${read.skippedCount} left out`
    await lease.log.say(summary)
    const metrics = { documents, chunks, added: read.added, removed: read.removed }
    if (problem === undefined) return { outcome: 'succeeded', result: { summary, metrics } }
    return { outcome: 'failed', failure: { code: 'source', message: problem }, retryable: true }
  }
}

const patienceMs = 30_000
const pauseMs = 250

/** A controller makes the source of a repository that is new to the store, in the same moment. */
async function refresh({ lease, signal }: Work, args: Record<string, unknown>): Promise<Refreshed> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await lease.hub.call<Refreshed>('context_refresh', args, { signal })
    } catch (error) {
      const mayCome = error instanceof HubError && error.code === 'not_found' && !args.source
      if (!mayCome || performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
