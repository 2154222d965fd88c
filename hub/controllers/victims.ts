/** A pod that carries out a task. */
export type Runner = {
  pod: string
  task: string
  org: string
  /** Of its cluster, as both are one place to look for room in. */
  node: string
  priority: number
  startedAt: number
  /** Whether its work may be put off: it runs, waits for nobody, and is not ending already. */
  isMovable: boolean
}

/** What began a moment ago has done nothing yet but to start, and would only start again. */
export const youngestMs = 60_000
export const mostVictims = 4
const mostTries = 40

/**
 * Which pods could make room for a task, in the order to try: the fewest, of the lowest priority, the
 * youngest. Only strictly lower priorities of its own org count, so no two tasks can displace each other.
 */
export function victimSets(
  wanted: { org: string; priority: number },
  runners: readonly Runner[],
  now: number,
): string[][] {
  const movable = runners
    .filter(
      ({ org, priority, startedAt, isMovable }) =>
        isMovable &&
        org === wanted.org &&
        priority < wanted.priority &&
        now - startedAt >= youngestMs,
    )
    .sort(byWorth)
  const sets: Runner[][] = movable.map((one) => [one])
  const nodes = [...new Set(movable.map(({ node }) => node))]
  for (let count = 2; count <= mostVictims; count++)
    for (const node of nodes) {
      const there = movable.filter((one) => one.node === node)
      if (there.length >= count) sets.push(there.slice(0, count))
    }
  return sets.slice(0, mostTries).map((set) => set.map(({ pod }) => pod))
}

const byWorth = (a: Runner, b: Runner) =>
  a.priority - b.priority || b.startedAt - a.startedAt || (a.pod < b.pod ? -1 : 1)
