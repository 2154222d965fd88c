import type { Context } from '../kit/context.ts'
import { countOpen, listServed } from '../kit/store/service-times.ts'
import type { Queue, Sample } from './forecast/queue.ts'
import { mostAtOnce } from './forecast/queue.ts'

/** What waits and goes on in an org, how many go on at a time, and how long such tasks took. */
export type OpenQueue = Queue & { held: number; history: Sample[] }

export async function readQueue(ctx: Context, org: string): Promise<OpenQueue> {
  const open = await countOpen(ctx.reader, org)
  const templates = (isRunning: boolean) =>
    open
      .filter(({ state, held }) => held === 0 && (state !== 'queued') === isRunning)
      .flatMap(({ template, count }) => Array.from({ length: count }, () => template))
  const running = templates(true)
  const served = await listServed(ctx.reader, org)
  const history = served.map((row) => ({
    template: row.template,
    submittedAt: row.submitted_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }))
  const { maxPods, dispatch, file } = ctx.config
  const slots =
    dispatch === 'off'
      ? Math.max(1, running.length, mostAtOnce(history))
      : Math.max(1, Math.min(maxPods, file.orgs[org]?.maxPods ?? maxPods))
  return {
    waiting: templates(false),
    running,
    slots,
    held: open.reduce((sum, row) => sum + (row.held === 1 ? row.count : 0), 0),
    history,
  }
}
