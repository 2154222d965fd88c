import type { Resources } from '../../../schemas/task.ts'
import { fairnessOf } from './fairness.ts'
import type { Job, Machine } from './trace.ts'
import { mean } from '../../../servers/capacity/forecast/statistics.ts'

/** A machine with what is free on it now. */
export type Seat = Machine & {
  freeCpus: number
  freeMemoryMb: number
  pods: number
  podsOf: Map<string, number>
  jobs: Set<Job>
}

/** How somebody schedules: in which order what waits is looked at, and where it goes. */
export type Scheduler = {
  name: string
  /** What waits in the order in which it is to be tried now. */
  turns(waiting: Map<string, Job[]>, at: Round): Job[]
  choose(seats: Seat[], job: Job): Seat | undefined
  /** Told of each that fitted nowhere in a round. */
  missed?(job: Job, now: number): void
  /** Whether something is kept for a task, so that it may fit where a smaller one did not. */
  keepsFor?(job: Job): boolean
}

/** What a scheduler knows when a round begins. */
type Round = { now: number; running: Map<string, number>; seats: Seat[] }

export type Outcome = {
  name: string
  utilisationPercent: number
  fragmentationPercent: number
  /** Those that were withdrawn, and the cores that they asked for. */
  rejected: { tasks: number; cores: number }
  /** Jain's index of what orgs hold against their max-min share, while something waits. */
  fairness: number
  /** Of all that were started, and of those withdrawn as long as they had patience. */
  waits: { org: string; cpus: number; waitMs: number; isStarted: boolean }[]
  cpuUsEach: number
}

/** A task that waited so long is withdrawn. */
const patienceMs = 30 * 60_000
/** How often what waits is tried again at most. */
const roundMs = 2000
const sampleMs = 30_000
/** What a free place has to take to be of use: a pod of this size. */
const useful: Resources = { cpus: 4, memoryMb: 8192 }

/** Runs a trace on machines: a round every two seconds, in which what fits is started. */
export function simulate(machines: Machine[], jobs: Job[], scheduler: Scheduler): Outcome {
  const seats = machines.map((machine): Seat => ({
    ...machine,
    freeCpus: machine.cpus,
    freeMemoryMb: machine.memoryMb,
    pods: 0,
    podsOf: new Map(),
    jobs: new Set(),
  }))
  const cores = machines.reduce((sum, { cpus }) => sum + cpus, 0)
  const waiting = new Map<string, Job[]>()
  const running = new Map<string, number>()
  const ends: { at: number; job: Job; seat: Seat }[] = []
  const waits: Outcome['waits'] = []
  const samples = { used: 0, stuck: 0, free: 0, count: 0 }
  const fair: number[] = []
  const rejected = { tasks: 0, cores: 0 }
  let [next, decisions] = [0, 0]
  const cpuBefore = process.cpuUsage()
  const last = jobs.at(-1)?.arrivesAt ?? 0
  for (let now = 0; now <= last; now += roundMs) {
    for (; jobs[next] && jobs[next]!.arrivesAt <= now; next++) {
      const job = jobs[next]!
      waiting.set(job.org, [...(waiting.get(job.org) ?? []), job])
    }
    for (let at = ends.length - 1; at >= 0; at--)
      if (ends[at]!.at <= now) {
        const { job, seat } = ends.splice(at, 1)[0]!
        take(seat, job, -1)
        running.set(job.org, running.get(job.org)! - 1)
      }
    for (const [org, queue] of waiting) {
      const [gone, kept] = parted(queue, ({ arrivesAt }) => now - arrivesAt >= patienceMs)
      rejected.tasks += gone.length
      rejected.cores += gone.reduce((sum, { resources }) => sum + resources.cpus, 0)
      for (const { resources } of gone)
        waits.push({ org, cpus: resources.cpus, waitMs: patienceMs, isStarted: false })
      waiting.set(org, kept)
    }
    const failed: Resources[] = []
    for (const job of scheduler.turns(waiting, { now, running, seats })) {
      const isKept = scheduler.keepsFor?.(job) ?? false
      const isFutile = !isKept && failed.some((shape) => isWithin(shape, job.resources))
      if (!isFutile) decisions++
      const seat = isFutile ? undefined : scheduler.choose(seats, job)
      if (!seat) {
        if (!isKept && !isFutile) failed.push(job.resources)
        scheduler.missed?.(job, now)
        continue
      }
      take(seat, job, 1)
      const queue = waiting.get(job.org)!
      queue.splice(queue.indexOf(job), 1)
      running.set(job.org, (running.get(job.org) ?? 0) + 1)
      ends.push({ at: now + job.durationMs, job, seat })
      const { cpus } = job.resources
      waits.push({ org: job.org, cpus, waitMs: now - job.arrivesAt, isStarted: true })
    }
    if (now % sampleMs !== 0) continue
    sample(seats, cores, samples)
    const index = fairnessOf(
      ends.map(({ job }) => job),
      [...waiting.values()].flat(),
    )
    if (index !== undefined) fair.push(index)
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    name: scheduler.name,
    utilisationPercent: (100 * samples.used) / samples.count,
    fragmentationPercent: (100 * samples.stuck) / samples.free,
    rejected,
    fairness: mean(fair),
    waits,
    cpuUsEach: (user + system) / decisions,
  }
}

/** Whether what did not fit was no larger, so that this cannot fit either. */
const isWithin = (small: Resources, large: Resources) =>
  small.cpus <= large.cpus && small.memoryMb <= large.memoryMb

const parted = (jobs: Job[], is: (job: Job) => boolean): [Job[], Job[]] => [
  jobs.filter((job) => is(job)),
  jobs.filter((job) => !is(job)),
]

function take(seat: Seat, job: Job, by: 1 | -1): void {
  const { org, resources } = job
  if (by === 1) seat.jobs.add(job)
  else seat.jobs.delete(job)
  seat.freeCpus -= by * resources.cpus
  seat.freeMemoryMb -= by * resources.memoryMb
  seat.pods += by
  seat.podsOf.set(org, (seat.podsOf.get(org) ?? 0) + by)
}

function sample(
  seats: Seat[],
  cores: number,
  samples: { used: number; stuck: number; free: number; count: number },
): void {
  const free = seats.reduce((sum, { freeCpus }) => sum + freeCpus, 0)
  const usable = seats.reduce((sum, { freeCpus, freeMemoryMb }) => {
    const fit = Math.min(freeCpus / useful.cpus, freeMemoryMb / useful.memoryMb)
    return sum + Math.floor(fit) * useful.cpus
  }, 0)
  samples.used += 1 - free / cores
  samples.free += free
  samples.stuck += free - usable
  samples.count++
}
