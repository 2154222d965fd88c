import { Served, divideRoom } from '../../../hub/controllers/fairness.ts'
import type { Capacity } from '../../../schemas/cluster.ts'
import { rateOffers } from '../../../servers/cluster/placement.ts'
import { Promised, loadOf } from '../../../servers/cluster/promised.ts'
import { prospectsOf, soonest } from '../../../servers/cluster/reservation.ts'
import type { Reservation } from '../../../servers/cluster/store/reservations.ts'
import { starvesMs } from '../../../hub/controllers/starving.ts'
import { kubeScheduler } from './kube-scheduler.ts'
import type { Scheduler, Seat } from './simulation.ts'
import type { Job } from './trace.ts'

const mostPods = 110

/** The hub's own: its turns between orgs, its rating of nodes, and the nodes that it keeps for who starves. */
export function hubScheduler({ keepsNodes }: { keepsNodes: boolean }): Scheduler {
  const served = new Served()
  const held: Reservation[] = []
  const since = new Map<number, number>()
  return {
    name: keepsNodes ? 'hub' : 'hub, keeping no node',
    keepsFor: ({ id }) => held.some(({ task }) => task === String(id)),
    choose: (seats, job) => rateSeats(seats, job, held),
    missed: ({ id }, now) => void since.set(id, since.get(id) ?? now),
    turns(waiting, { now, running, seats }) {
      if (keepsNodes) keep(held, since, { waiting, now, seats })
      const orgs = [...new Set([...waiting.keys(), ...running.keys()])]
      const active = orgs.map((org) => ({ org, weight: 1, pods: running.get(org) ?? 0 }))
      served.advance(
        now,
        active.filter(({ org, pods }) => pods > 0 || (waiting.get(org)?.length ?? 0) > 0),
      )
      const places = { ...Object.fromEntries([...waiting].map(([org]) => [org, 0])) }
      const claimants = [...waiting].map(([org, jobs]) => ({
        org,
        weight: 1,
        served: served.of(org),
        wants: jobs.length,
      }))
      const all = claimants.reduce((sum, { wants }) => sum + wants, 0)
      return divideRoom(all, claimants).map((org) => waiting.get(org)![places[org]!++]!)
    },
  }
}

/** Keeps a node for the head of each org that has starved long enough, as `node_reserve` does. */
function keep(
  held: Reservation[],
  since: Map<number, number>,
  { waiting, now, seats }: { waiting: Map<string, Job[]>; now: number; seats: Seat[] },
): void {
  const queued = new Set([...waiting.values()].flat().map(({ id }) => String(id)))
  for (let at = held.length - 1; at >= 0; at--) if (!queued.has(held[at]!.task)) held.splice(at, 1)
  const full = new Set<string>()
  for (const { id, org, resources } of [...waiting.values()].flat()) {
    if ((since.get(id) ?? Infinity) > now - starvesMs || full.has(org)) continue
    const task = String(id)
    if (held.some((one) => one.task === task)) continue
    const asked = { ...request, resources, quota, org, task }
    const prospects = prospectsOf(
      seats.map(capacityOf),
      { promised: promisedOf(seats), held },
      asked,
    )
    const best = soonest(prospects, ({ node }) =>
      [...seats[Number(node)]!.jobs].map(({ resources }) => loadOf(resources)),
    )
    if (best) held.push({ cluster: 'sim', node: best.node.node, task, org, resources })
    else full.add(org)
  }
}

/** The rating of the hub with one queue for all. */
export const hubRating = (): Scheduler => ({
  name: 'hub rating, one queue',
  turns: inOrder,
  choose: (seats, job) => rateSeats(seats, job),
})

/** What kube-scheduler does without a queue of its own for each org. */
export const kubeDefault = (): Scheduler => ({
  name: 'kube-scheduler',
  turns: inOrder,
  choose: kubeScheduler(),
})

const inOrder = (waiting: Map<string, Job[]>): Job[] =>
  [...waiting.values()].flat().sort((a, b) => a.id - b.id)

const request = { needs: {}, runners: ['loop'], org: '', limit: Infinity }
const quota = { used: 0, limit: Infinity }
const occupied = { promised: new Promised(), orgPods: 0 }

function rateSeats(
  seats: Seat[],
  { id, resources }: Job,
  held: Reservation[] = [],
): Seat | undefined {
  const nodes = seats.map((seat, at) => capacityOf(seat, at))
  const asked = { ...request, resources, task: String(id) }
  const [best] = rateOffers({ nodes, silent: [] }, { ...occupied, held }, asked, 1)
  return best?.fits ? seats[Number(best.node)] : undefined
}

/** What the pods are promised, so that what would be without them is known. */
function promisedOf(seats: Seat[]): Promised {
  const promised = new Promised()
  seats.forEach(({ jobs }, at) => {
    for (const { resources } of jobs) promised.count('sim', String(at), resources)
  })
  return promised
}

const capacityOf = (seat: Seat, at: number): Capacity => ({
  node: String(at),
  cluster: 'sim',
  tags: [],
  health: 'ready',
  // What is promised stands for what is used, as where no metrics are to be had.
  cpus: {
    total: seat.cpus,
    promised: seat.cpus - seat.freeCpus,
    load: seat.cpus - seat.freeCpus,
    firm: true,
  },
  memoryMb: {
    total: seat.memoryMb,
    available: seat.freeMemoryMb,
    promised: seat.memoryMb - seat.freeMemoryMb,
  },
  diskMb: { total: 0, available: 0 },
  gpus: [],
  pods: { live: seat.pods, limit: mostPods },
  isolation: 'container',
  at: 0,
})
