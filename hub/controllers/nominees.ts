/** A task that others make room for. */
type Nominee = { org: string; priority: number; queuedAt: number; until: number; rounds: number }

/** As long as it may take until the pods that make room are gone. */
const nominatedMs = 30_000
/** A task whose room went to somebody else twice waits like any other. */
const mostRounds = 2
const mostKept = 1000
/** Nothing that could be moved is looked for again after this time. */
const restMs = 2000

/**
 * The tasks that others make room for now. They get it first, and nothing of their org that is less
 * urgent is started meanwhile: else what was moved away would take its place again, and be moved again.
 * A restart forgets them, which costs at most another round.
 */
export class Nominees {
  readonly #nominees = new Map<string, Nominee>()
  readonly #resting = new Map<string, number>()

  /** Whether pods may still be moved for a task; once it was queued anew it may have them moved again. */
  mayNominate(task: string, queuedAt: number, now: number): boolean {
    if ((this.#resting.get(task) ?? 0) > now) return false
    const known = this.#nominees.get(task)
    if (known?.queuedAt !== queuedAt) return true
    return known.until <= now && known.rounds < mostRounds
  }

  /** Nothing could be moved for it. */
  rest(task: string, now: number): void {
    if (this.#resting.size >= mostKept) this.#resting.clear()
    this.#resting.set(task, now + restMs)
  }

  nominate(task: string, at: Omit<Nominee, 'until' | 'rounds'>, now: number): void {
    const known = this.#nominees.get(task)
    const rounds = known?.queuedAt === at.queuedAt ? known.rounds + 1 : 1
    this.#nominees.delete(task)
    if (this.#nominees.size >= mostKept)
      this.#nominees.delete(this.#nominees.keys().next().value ?? '')
    this.#nominees.set(task, { ...at, rounds, until: now + nominatedMs })
  }

  /** Those that still wait for their room. */
  waiting(now: number): string[] {
    return [...this.#nominees].filter(([, { until }]) => until > now).map(([task]) => task)
  }

  /** It has its room, or waits for it no more. */
  settle(task: string): void {
    const known = this.#nominees.get(task)
    if (known) known.until = 0
  }

  /** Whether a task has to let one of its org go first. */
  yields(
    { id, org, priority }: { id: string; org: string; priority: number },
    now: number,
  ): boolean {
    return [...this.#nominees].some(
      ([task, one]) => one.until > now && task !== id && one.org === org && priority < one.priority,
    )
  }

  /** When the first of them waits no more. */
  nextAt(now: number): number {
    const all = [...this.#nominees.values()].map(({ until }) => until)
    return Math.min(Infinity, ...all.filter((until) => until > now))
  }
}
