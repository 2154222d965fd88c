import type { ConfigFile } from '../../schemas/config.ts'

/**
 * Why a queued task is not looked at for a moment: the pods started for it since it was queued, and how
 * often in a row one could not be started.
 */
export type Hold = { queuedAt: number; starts: number; refusals?: number; until: number }

/** Why all tasks of a lane wait: nobody could take any of them, whatever room it needs. */
export type LaneHold = {
  org: string
  lane: string
  until: number
  /** What its tasks say; undefined where it passes by itself. */
  reason: string | undefined
}

// Longer than an agent takes to fail at its start.
const forgetMs = 600_000

/** What the dispatcher leaves alone for a while. Another configuration begins anew. */
export class Holds {
  readonly #tasks = new Map<string, Hold>()
  readonly #lanes = new Map<string, LaneHold>()
  #file: ConfigFile | undefined
  #livePods = 0

  /** Forgets what is over: tasks that were started, canceled or taken by others, and lanes to look at again. */
  expire(now: number, file: ConfigFile): void {
    if (this.#file !== file) {
      this.#lanes.clear()
      for (const hold of this.#tasks.values()) hold.until = Math.min(hold.until, now)
    }
    this.#file = file
    for (const [id, { until }] of this.#tasks) if (until < now - forgetMs) this.#tasks.delete(id)
    for (const [key, { until }] of this.#lanes) if (until <= now) this.#lanes.delete(key)
  }

  /** A pod that ended leaves room, for which lanes may have waited. */
  sawPods(live: number): void {
    if (live < this.#livePods)
      for (const [key, { reason }] of this.#lanes) if (reason === undefined) this.#lanes.delete(key)
    this.#livePods = live
  }

  task(id: string): Hold | undefined {
    return this.#tasks.get(id)
  }

  holdTask(id: string, hold: Hold): void {
    this.#tasks.set(id, hold)
  }

  forgetTask(id: string): void {
    this.#tasks.delete(id)
  }

  holdLane(hold: LaneHold): void {
    this.#lanes.set(`${hold.org} ${hold.lane}`, hold)
  }

  isLaneHeld(org: string, lane: string): boolean {
    return this.#lanes.has(`${org} ${lane}`)
  }

  lanes(): LaneHold[] {
    return [...this.#lanes.values()]
  }

  /** Tasks that are not looked at now. */
  heldTasks(now: number): string[] {
    return [...this.#tasks].filter(([, { until }]) => until > now).map(([id]) => id)
  }

  /** When the first of the tasks and lanes is looked at again. */
  nextAt(now: number): number {
    const all = [...this.#tasks.values(), ...this.#lanes.values()]
    return all.reduce((next, { until }) => (until > now && until < next ? until : next), Infinity)
  }
}
