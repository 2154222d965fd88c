import { readTask } from '../../servers/orchestration/store/tasks.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import type { ControllerContext } from './context.ts'
import type { Served } from './fairness.ts'

/**
 * How long nothing but room may keep a task that is at the head of its org before a node is kept for it.
 * Most pods of a stream of small ones end sooner, so what could have its place by waiting alone has had it.
 */
export const starvesMs = 30_000
/** How often it is seen to that what is kept still leads to a place: nodes come and go. */
const renewMs = 10_000
/**
 * A task for which a node was emptied in vain, as where programs of others have its memory, is passed by
 * for so long: else the node would stand idle again and again.
 */
const restMs = 600_000
const mostKept = 1000

type Standing = {
  org: string
  rank: number
  since: number
  renewAt: number
  /** What is kept for it, if anything. */
  place: string | undefined
}

/**
 * The tasks that were looked at and that nothing but room keeps. It may be lost in a restart, which costs
 * half a minute: what is kept for a task is in the store.
 */
export class Starving {
  readonly #tasks = new Map<string, Standing>()

  /** Nothing but room kept it from its place just now. */
  saw({ id, org, rank }: TaskRow, now: number): void {
    const known = this.#tasks.get(id) ?? { org, rank, since: now, renewAt: 0, place: undefined }
    this.#tasks.delete(id) // Those that were not seen for longest are forgotten first.
    if (this.#tasks.size >= mostKept) this.#tasks.delete(this.#tasks.keys().next().value ?? '')
    this.#tasks.set(id, { ...known, rank })
  }

  forget(task: string): void {
    this.#tasks.delete(task)
  }

  /**
   * Those to look after now: for whom something is kept, and the first of the others in the queue of each
   * org, where it has waited too long.
   */
  due(now: number): { task: string; org: string }[] {
    const first = new Map<string, { task: string } & Standing>()
    const due: { task: string; org: string }[] = []
    for (const [task, one] of this.#tasks) {
      if (one.renewAt > now) continue
      if (one.place !== undefined) due.push({ task, org: one.org })
      else if (one.rank < (first.get(one.org)?.rank ?? Infinity))
        first.set(one.org, { task, ...one })
    }
    return [...due, ...[...first.values()].filter(({ since }) => since <= now - starvesMs)]
  }

  /** Keeps what became of a look after it: what is kept for it now. Says whether that is new. */
  looked(task: string, place: string | undefined, now: number): boolean {
    const known = this.#tasks.get(task)
    if (!known) return false
    if (place === undefined && known.place === undefined) {
      // Where nothing can be kept, another of its org may have its turn.
      this.forget(task)
      return false
    }
    const isNew = place !== known.place
    known.renewAt = now + (place === undefined ? restMs : renewMs)
    known.place = place
    return isNew
  }
}

/** Has nodes kept for those that starve, first for the org that was served least. */
export async function reserve(
  { store, clock, call }: Pick<ControllerContext, 'store' | 'clock' | 'call'>,
  { starving, served }: { starving: Starving; served: Served },
): Promise<void> {
  const now = clock.now()
  const due = starving.due(now).sort((a, b) => served.of(a.org) - served.of(b.org))
  for (const { task } of due) {
    if ((await readTask(store.reader, task))?.state !== 'queued') {
      starving.forget(task)
      continue
    }
    const { cluster, node } = await call<{ cluster?: string; node?: string }>('node_reserve', {
      task,
    })
    const place = node === undefined ? undefined : `${cluster}/${node}`
    if (!starving.looked(task, place, now)) continue
    const reason =
      place === undefined
        ? 'it fits nowhere now, and would not on the node that was kept for it'
        : `it fits nowhere now; what becomes free on ${place} is kept for it`
    await call('task_hold', { task, reason })
  }
}
