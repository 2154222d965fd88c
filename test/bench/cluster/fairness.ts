import type { Job } from './trace.ts'

/**
 * Jain's index, from 1 over the number of orgs to 1, of what each org holds against its share: what it
 * would hold of the same cores if they were divided max-min, none getting more than it asks for. Undefined
 * while nothing waits, when there is nothing to divide.
 */
export function fairnessOf(running: Job[], waiting: Job[]): number | undefined {
  if (waiting.length === 0) return undefined
  const held = coresByOrg(running)
  const asked = coresByOrg([...running, ...waiting])
  const cores = [...held.values()].reduce((sum, own) => sum + own, 0)
  const shares = maxMin(asked, cores)
  const got = [...shares].map(([org, share]) => (held.get(org) ?? 0) / share)
  const [sum, squares] = [
    got.reduce((all, one) => all + one, 0),
    got.reduce((all, one) => all + one ** 2, 0),
  ]
  return squares === 0 ? undefined : sum ** 2 / (got.length * squares)
}

function coresByOrg(jobs: Job[]): Map<string, number> {
  const cores = new Map<string, number>()
  for (const { org, resources } of jobs) cores.set(org, (cores.get(org) ?? 0) + resources.cpus)
  return cores
}

/** Everybody gets the same until he has what he asks for. */
function maxMin(asked: Map<string, number>, cores: number): Map<string, number> {
  const shares = new Map<string, number>()
  let left = cores
  const fewestFirst = [...asked].sort(([, a], [, b]) => a - b)
  for (const [at, [org, wants]] of fewestFirst.entries()) {
    const share = Math.min(wants, left / (fewestFirst.length - at))
    shares.set(org, share)
    left -= share
  }
  return shares
}
