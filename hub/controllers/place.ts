import type { PlacementCandidate } from '../../schemas/cluster.ts'
import type { Needs } from '../../servers/kit/needs.ts'

/** What becomes of a queued task now. */
export type Place =
  /** Left to a long-lived agent, which claims by itself. */
  | { kind: 'agent'; name: string }
  /** A pod is started here. */
  | { kind: 'node' }
  | { kind: 'peer'; name: string }
  /** Whom it names is away, so others may take it. */
  | { kind: 'free'; reason: string }
  /** It stays queued; `passes` where what is in the way does so by itself. */
  | { kind: 'wait'; passes: boolean; reason: string }

/** How long a task waits for whom it names and who is away, before others may take it. */
export const fallbackMs = 30_000
const maxReasonChars = 2000

/** Decides from what every candidate says. An agent that is there comes first, then this machine's pods. */
export function decidePlace(
  candidates: readonly PlacementCandidate[],
  task: {
    needs: Needs
    waitedMs: number
    /** Whether nothing was tried for it since it was queued. */
    isFirstLook: boolean
    /** Agents that something was left to in this round. */
    taken: ReadonlySet<string>
  },
): Place {
  const fitting = candidates.filter(({ fits }) => fits)
  const agent = fitting.find(({ kind, name }) => kind === 'agent' && !task.taken.has(name))
  const isNode = fitting.some(({ kind }) => kind === 'node')
  const peer = fitting.find(({ kind }) => kind === 'peer')
  if (agent && (task.isFirstLook || !(isNode || peer))) return { kind: 'agent', name: agent.name }
  if (isNode) return { kind: 'node' }
  if (peer) return { kind: 'peer', name: peer.name }
  const away = candidates.find((one) => one.away !== undefined)?.away
  if (away !== undefined) return whileAway(away, task)
  const passes = candidates.some((one) => one.passes)
  return { kind: 'wait', passes, reason: waitReason(candidates) }
}

function whileAway(away: string, { needs, waitedMs }: { needs: Needs; waitedMs: number }): Place {
  const named = needs.agent ?? needs.hub ?? needs.cluster ?? ''
  if (needs.fallback === false)
    return { kind: 'wait', passes: false, reason: `it waits for ${named} alone: ${away}` }
  if (waitedMs >= fallbackMs)
    return { kind: 'free', reason: `${away}, so others than ${named} may take it` }
  return { kind: 'wait', passes: true, reason: away }
}

/** Why none of them can take it, in words. */
export function waitReason(candidates: readonly PlacementCandidate[]): string {
  const said = candidates.map(({ kind, name, reasons }) => `${kind} ${name}: ${reasons.join('; ')}`)
  const text = `nobody can take it: ${said.join(' · ')}`
  return text.length > maxReasonChars ? `${text.slice(0, maxReasonChars - 1)}…` : text
}
