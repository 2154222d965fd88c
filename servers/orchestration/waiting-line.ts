import type { Context } from '../kit/context.ts'
import type { Topics } from '../kit/topics.ts'
import { listDueLanes } from './store/queue.ts'

type Parts = Pick<Context['store'], 'topics' | 'reader'> & { now(): number }

/** What a waiting agent may take. */
type Waiting = { org: string; canTake(lane: string): boolean }

/**
 * The agents that wait for work, the longest first. Of each task that comes one hears that could take it,
 * and after it the next while something is left: all of them would look, and all but one in vain.
 */
class WaitingLine {
  readonly #parts: Parts
  readonly #agents = new Map<string, Waiting>()
  /** Ends listening to the queue of an org. */
  readonly #heard = new Map<string, { agents: number; end(): void }>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Takes an agent in, at the end; it has to listen to its turn before. */
  join(agent: string, waiting: Waiting): void {
    this.leave(agent)
    this.#agents.set(agent, waiting)
    const heard = this.#heard.get(waiting.org)
    if (heard) heard.agents++
    else
      this.#heard.set(waiting.org, {
        agents: 1,
        end: this.#parts.topics.subscribe(
          `queue:${waiting.org}`,
          () => void this.advance(waiting.org),
        ),
      })
  }

  leave(agent: string): void {
    const waiting = this.#agents.get(agent)
    if (!waiting) return
    this.#agents.delete(agent)
    const heard = this.#heard.get(waiting.org)
    if (!heard || --heard.agents > 0) return
    heard.end()
    this.#heard.delete(waiting.org)
  }

  /** Gives the turn to the first agent that could take something. */
  async advance(org: string): Promise<void> {
    if (!this.#heard.has(org)) return
    try {
      const { reader, now } = this.#parts
      const lanes = await listDueLanes(reader, org, now())
      for (const [agent, waiting] of this.#agents)
        if (waiting.org === org && lanes.some(waiting.canTake)) return this.#wake(agent)
    } catch {
      // What keeps this from reading keeps them from it too, and each says so to its caller.
      for (const [agent, waiting] of this.#agents) if (waiting.org === org) this.#wake(agent)
    }
  }

  #wake(agent: string): void {
    this.leave(agent)
    this.#parts.topics.emit(turnOf(agent))
  }
}

/** Emitted when it is an agent's turn to look for work. */
export const turnOf = (agent: string): string => `turn:${agent}`

const lines = new WeakMap<Topics, WaitingLine>()

/** The line of this hub. */
export function waitingLine({ store, clock }: Pick<Context, 'store' | 'clock'>): WaitingLine {
  const { topics, reader } = store
  const line = lines.get(topics) ?? new WaitingLine({ topics, reader, now: () => clock.now() })
  lines.set(topics, line)
  return line
}
