import type { Resources } from '../../../schemas/task.ts'
import { normal, seededRandom } from '../../../servers/capacity/forecast/statistics.ts'

/** A task of the trace: who asks for it, when, how large it is and how long it takes. */
export type Job = {
  id: number
  org: string
  arrivesAt: number
  durationMs: number
  resources: Resources
}

/** A machine of the simulated cluster. */
export type Machine = { name: string; cpus: number; memoryMb: number }

const minuteMs = 60_000

/** Sizes of pods as they are asked for: many small ones, few large, some that need memory above all. */
const shapes: { share: number; resources: Resources }[] = [
  { share: 0.45, resources: { cpus: 1, memoryMb: 2048 } },
  { share: 0.25, resources: { cpus: 2, memoryMb: 4096 } },
  { share: 0.12, resources: { cpus: 2, memoryMb: 16_384 } },
  { share: 0.12, resources: { cpus: 4, memoryMb: 8192 } },
  { share: 0.06, resources: { cpus: 12, memoryMb: 24_576 } },
]

const meanCpus = shapes.reduce((sum, { share, resources }) => sum + share * resources.cpus, 0)

/** Two kinds of machines, as clusters come to have them. */
export const machinesOf = (count: number): Machine[] =>
  Array.from({ length: count }, (_unused, at) => ({
    name: `n${at}`,
    ...(at % 4 === 0 ? { cpus: 32, memoryMb: 131_072 } : { cpus: 16, memoryMb: 65_536 }),
  }))

/**
 * Arrivals of five orgs: four that ask steadily, and one that asks for as much as those together, all in
 * the first five minutes of each hour. Durations are log-normal about five minutes. `load` is the share
 * of all cores that is asked for over time.
 */
export function traceOf(options: {
  machines: Machine[]
  hours: number
  load: number
  seed: number
}): Job[] {
  const { machines, hours, load, seed } = options
  const random = seededRandom(seed)
  const cores = machines.reduce((sum, { cpus }) => sum + cpus, 0)
  const sigma = 0.8
  const meanMs = 5 * minuteMs * Math.exp(sigma ** 2 / 2)
  const perHour = (load * cores * 60 * minuteMs) / (meanCpus * meanMs)
  const jobs: Omit<Job, 'id'>[] = []
  const add = (org: string, arrivesAt: number) =>
    jobs.push({
      org,
      arrivesAt,
      durationMs: 5 * minuteMs * Math.exp(sigma * normal(random)),
      resources: shapeAt(random()),
    })
  for (let hour = 0; hour < hours; hour++) {
    for (let job = 0; job < perHour / 2; job++) {
      add(`steady-${1 + (job % 4)}`, (hour + random()) * 60 * minuteMs)
      add('burst', (hour + random() / 12) * 60 * minuteMs)
    }
  }
  return jobs.sort((a, b) => a.arrivesAt - b.arrivesAt).map((job, id) => ({ id, ...job }))
}

function shapeAt(share: number): Resources {
  let sum = 0
  for (const shape of shapes) if (share < (sum += shape.share)) return shape.resources
  return shapes[0]!.resources
}
