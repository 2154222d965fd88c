/** What an org has of the room there is, and what it wants. */
export type Claimant = {
  org: string
  /** Its share against that of others. */
  weight: number
  /** Pod time that it was given, divided by its weight. */
  served: number
  /** How many more pods it could use now, within its own limit. */
  wants: number
}

/**
 * What a start counts for, beside the time that the pod runs: so much of a machine it takes, and pods
 * that end at once are not free.
 */
export const startMs = 1000

/**
 * Who gets the free places, in order: each goes to the org that was served least for its weight. Whoever
 * waits is not served meanwhile and so comes to be the least; none starves, and shares come to be as the
 * weights. Nobody's places are kept free while another could use them.
 */
export function divideRoom(free: number, claimants: readonly Claimant[]): string[] {
  const left = claimants.map((one) => ({ ...one })).sort((a, b) => (a.org < b.org ? -1 : 1))
  const turns: string[] = []
  while (turns.length < free) {
    const waiting = left.filter(({ wants }) => wants > 0)
    const [first] = waiting
    if (!first) break
    const least = waiting.reduce((best, one) => (one.served < best.served ? one : best), first)
    least.wants--
    least.served += startMs / least.weight
    turns.push(least.org)
  }
  return turns
}

/** An org that has pods or something queued. */
export type ActiveOrg = { org: string; weight: number; pods: number }

/** What each org was served so far. A restart of the hub begins anew, with all equal. */
export class Served {
  readonly #served = new Map<string, number>()
  #active = new Set<string>()
  #at: number | undefined

  /**
   * Counts the time since the last call for the pods that run. An org that comes back begins with what the
   * least served of the others has, or more: being away saves nothing up.
   */
  advance(now: number, active: readonly ActiveOrg[]): void {
    const elapsedMs = now - (this.#at ?? now)
    this.#at = now
    const stayed = active.filter(({ org }) => this.#active.has(org))
    const floor = leastOf(stayed.map(({ org }) => this.of(org)))
    for (const { org, weight, pods } of active) {
      const before = this.#active.has(org) ? this.of(org) : Math.max(this.of(org), floor)
      this.#served.set(org, before + (elapsedMs * pods) / weight)
    }
    this.#active = new Set(active.map(({ org }) => org))
    // Who is away and was served no more than the others would be taken up to them anyway.
    const least = leastOf(active.map(({ org }) => this.of(org)))
    for (const [org, served] of this.#served)
      if (!this.#active.has(org) && (active.length === 0 || served <= least))
        this.#served.delete(org)
  }

  /** Counts a start. */
  started(org: string, weight: number): void {
    this.#served.set(org, this.of(org) + startMs / weight)
  }

  of(org: string): number {
    return this.#served.get(org) ?? 0
  }
}

const leastOf = (values: number[]): number => (values.length === 0 ? 0 : Math.min(...values))
