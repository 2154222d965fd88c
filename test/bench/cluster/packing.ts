import { hubRating, hubScheduler, kubeDefault } from './schedulers.ts'
import type { Outcome } from './simulation.ts'
import { simulate } from './simulation.ts'
import { machinesOf, traceOf } from './trace.ts'

/** The same trace for each scheduler, at several loads: how full, how torn, who waits how long. */
export function benchPacking(): string[] {
  const machines = machinesOf(100)
  const cores = machines.reduce((sum, { cpus }) => sum + cpus, 0)
  const lines = [
    `packing and fairness: 100 machines, ${cores.toLocaleString('en')} cores, six hours, four steady orgs and one that comes in bursts with as much`,
    `${'load'.padEnd(6)}${'scheduler'.padEnd(24)}   tasks  used %  torn %  rejected/cores  wait p50 s  p95 s  steady p95 s  burst p95 s  large p50 s  p95 s  withdrawn %  fair  CPU µs`,
  ]
  for (const load of [0.7, 0.9, 1.05]) {
    const jobs = traceOf({ machines, hours: 6, load, seed: 17 })
    for (const scheduler of [
      hubScheduler({ keepsNodes: true }),
      hubScheduler({ keepsNodes: false }),
      hubRating(),
      kubeDefault(),
    ])
      lines.push(
        `${load.toFixed(2).padEnd(6)}${line(jobs.length, simulate(machines, jobs, scheduler))}`,
      )
  }
  return [
    ...lines,
    '  torn: the share of free cores that no pod of 4 CPUs and 8 GiB can use; rejected: waited for 30 minutes;',
    '  large: 12 CPUs, and how many of these were withdrawn;',
    "  fairness: Jain's index over orgs of cores held against the max-min share, while something waits.",
  ]
}

type Wait = Outcome['waits'][number]

function line(tasks: number, outcome: Outcome): string {
  const { name, utilisationPercent, fragmentationPercent, rejected, fairness, waits, cpuUsEach } =
    outcome
  const seconds = (share: number, of = (_one: Wait): boolean => true) => {
    const sorted = waits
      .filter((one) => one.isStarted && of(one))
      .map(({ waitMs }) => waitMs)
      .sort((a, b) => a - b)
    return (sorted[Math.floor(share * sorted.length)] ?? NaN) / 1000
  }
  const isBurst = ({ org }: Wait) => org === 'burst'
  const largest = Math.max(...waits.map(({ cpus }) => cpus))
  const isLarge = ({ cpus }: Wait) => cpus === largest
  const large = waits.filter(isLarge)
  const gone = large.filter(({ isStarted }) => !isStarted).length
  return [
    name.padEnd(24),
    String(tasks).padStart(8),
    utilisationPercent.toFixed(1).padStart(7),
    fragmentationPercent.toFixed(1).padStart(7),
    `${rejected.tasks}/${rejected.cores}`.padStart(14),
    seconds(0.5).toFixed(1).padStart(11),
    seconds(0.95).toFixed(0).padStart(6),
    seconds(0.95, (one) => !isBurst(one))
      .toFixed(0)
      .padStart(13),
    seconds(0.95, isBurst).toFixed(0).padStart(12),
    seconds(0.5, isLarge).toFixed(0).padStart(12),
    seconds(0.95, isLarge).toFixed(0).padStart(6),
    ((100 * gone) / large.length).toFixed(1).padStart(12),
    fairness.toFixed(3).padStart(5),
    cpuUsEach.toFixed(0).padStart(7),
  ].join(' ')
}
