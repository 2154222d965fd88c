import type { Resources } from '../../../schemas/task.ts'
import type { Seat } from './simulation.ts'
import type { Job } from './trace.ts'

// The default scoring of kube-scheduler, as its documentation describes it: NodeResourcesFit with
// LeastAllocated (weight 1), NodeResourcesBalancedAllocation (1) and PodTopologySpread over host names
// with the default constraint (2). Plugins that rate all nodes alike for such pods are left out.

const minFeasible = 100

/** Chooses as kube-scheduler does: scores no more nodes than it would, beginning where it left off. */
export function kubeScheduler() {
  let nextStart = 0
  return (seats: Seat[], { resources, org }: Job): Seat | undefined => {
    const feasible: Seat[] = []
    const enough = nodesToScore(seats.length)
    let looked = 0
    for (; looked < seats.length && feasible.length < enough; looked++) {
      const seat = seats[(nextStart + looked) % seats.length]!
      if (seat.freeCpus >= resources.cpus && seat.freeMemoryMb >= resources.memoryMb)
        feasible.push(seat)
    }
    nextStart = (nextStart + looked) % seats.length
    if (feasible.length === 0) return undefined
    const counts = feasible.map((seat) => seat.podsOf.get(org) ?? 0)
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
    const scores = feasible.map((seat, at) => {
      const spread = most === 0 ? 100 : (100 * (most + fewest - counts[at]!)) / most
      return leastAllocated(seat, resources) + balanced(seat, resources) + 2 * Math.floor(spread)
    })
    const best = Math.max(...scores)
    return feasible[scores.indexOf(best)]
  }
}

/** `percentageOfNodesToScore` as it is when nobody sets it: 50 % of a hundred nodes, down to 5 % of 5,625. */
function nodesToScore(nodes: number): number {
  if (nodes < minFeasible) return nodes
  const percent = Math.max(5, 50 - Math.floor(nodes / 125))
  return Math.max(minFeasible, Math.floor((nodes * percent) / 100))
}

function leastAllocated(seat: Seat, { cpus, memoryMb }: Resources): number {
  const cpu = Math.floor((100 * (seat.freeCpus - cpus)) / seat.cpus)
  const memory = Math.floor((100 * (seat.freeMemoryMb - memoryMb)) / seat.memoryMb)
  return Math.floor((cpu + memory) / 2)
}

/** 100 where both resources are used to the same part; the standard deviation of the two parts is taken off. */
function balanced(seat: Seat, { cpus, memoryMb }: Resources): number {
  const cpu = 1 - (seat.freeCpus - cpus) / seat.cpus
  const memory = 1 - (seat.freeMemoryMb - memoryMb) / seat.memoryMb
  return Math.floor(100 * (1 - Math.abs(cpu - memory) / 2))
}
