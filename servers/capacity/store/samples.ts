import type { Reader, Row, Writer } from '../../kit/sql.ts'
import { withOneMore } from '../sampling.ts'

/** What there is of everything, in the columns of the table; null where nobody says what is used. */
export type Amounts = {
  cpus_used: number | null
  cpus_requested: number
  cpus_total: number
  memory_used: number | null
  memory_requested: number
  memory_total: number
  disk_used: number | null
  disk_total: number
  gpus_requested: number | null
  gpus_total: number
  pods_live: number
  pods_limit: number
  queued: number
}

/** A cluster as a whole (place 0), or one of its busiest nodes, at one moment. */
export type Sample = {
  cluster: string
  place: number
  node: string
  nodes: number
  amounts: Amounts
}

/** Where what belongs to no cluster is kept: the queue. */
export const ofHub = ''

/** How finely time is kept, and for how long: rows are written over after `spans` of them. */
export const steps = [
  { stepMs: 10_000, spans: 360 },
  { stepMs: 60_000, spans: 1440 },
  { stepMs: 900_000, spans: 2880 },
] as const

export type SampleRow = Row &
  Amounts & {
    cluster: string
    place: number
    step_ms: number
    slot: number
    at: number
    samples: number
    node: string
    nodes: number
  }

/** Adds what was seen at one moment to the span of each step, in one transaction. */
export function recordSamples(writer: Writer, now: number, seen: Sample[]): Promise<void> {
  return writer.transaction(async (tx) => {
    for (const sample of seen)
      for (const { stepMs, spans } of steps) {
        // Which nodes are the busiest changes too often to keep it by the second.
        if (sample.place > 0 && stepMs === steps[0].stepMs) continue
        const span = Math.floor(now / stepMs)
        const key = {
          cluster: sample.cluster,
          place: sample.place,
          step_ms: stepMs,
          slot: span % spans,
        }
        const known = await tx.get<SampleRow>(
          `SELECT * FROM capacity_samples
           WHERE cluster = :cluster AND place = :place AND step_ms = :step_ms AND slot = :slot`,
          key,
        )
        const isSame = known?.at === span * stepMs
        // A node is shown as it was when the span began: its place may be another's by now.
        if (isSame && sample.place > 0) continue
        await tx.run(upsert, {
          ...key,
          at: span * stepMs,
          samples: isSame ? known.samples + 1 : 1,
          node: sample.node,
          nodes: sample.nodes,
          ...(isSame ? withOneMore(known, known.samples, sample.amounts) : sample.amounts),
        })
      }
  })
}

const keys = ['cluster', 'place', 'step_ms', 'slot']
const columns = [
  ...['at', 'samples', 'node', 'nodes', 'cpus_used', 'cpus_requested', 'cpus_total'],
  ...['memory_used', 'memory_requested', 'memory_total', 'disk_used', 'disk_total'],
  ...['gpus_requested', 'gpus_total', 'pods_live', 'pods_limit', 'queued'],
]

const upsert = `INSERT INTO capacity_samples (${[...keys, ...columns].join(', ')})
  VALUES (${[...keys, ...columns].map((name) => `:${name}`).join(', ')})
  ON CONFLICT (${keys.join(', ')})
  DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`

/**
 * When the first look was that rows are of: to the finest step that still has it, because a coarse one
 * begins before it.
 */
export async function firstLook(
  reader: Reader,
  { first, stepMs }: { first: number; stepMs: number },
): Promise<number> {
  const found = await reader.get<Row & { at: number | null }>(
    `SELECT max(at) AS at FROM
       (SELECT min(at) AS at FROM capacity_samples WHERE place = 0 GROUP BY step_ms)
     WHERE at >= :first AND at < :end`,
    { first, end: first + stepMs },
  )
  return found?.at ?? first
}

/** The spans of one step since an instant: of clusters as a whole, of one of them, or of one node. */
export function listSamples(
  reader: Reader,
  asked: {
    stepMs: number
    since: number
    cluster?: string | undefined
    node?: string | undefined
  },
): Promise<SampleRow[]> {
  const { stepMs, since, cluster, node } = asked
  return reader.all<SampleRow>(
    `SELECT * FROM capacity_samples
     WHERE step_ms = :stepMs AND at >= :since
       AND ${node === undefined ? 'place = 0' : 'place > 0 AND node = :node'}
       ${cluster === undefined ? '' : 'AND cluster = :cluster'}
     ORDER BY at, cluster LIMIT 100000`,
    {
      stepMs,
      since,
      ...(node === undefined ? {} : { node }),
      ...(cluster === undefined ? {} : { cluster }),
    },
  )
}

export type Busy = Row & { cluster: string; node: string; cpus: number; total: number }

/** The nodes that were the busiest for longest since an instant. */
export const listBusiest = (
  reader: Reader,
  { since, cluster, stepMs }: { since: number; cluster: string | undefined; stepMs: number },
): Promise<Busy[]> =>
  reader.all<Busy>(
    `SELECT cluster, node, avg(coalesce(cpus_used, cpus_requested)) AS cpus, avg(cpus_total) AS total
     FROM capacity_samples
     WHERE place > 0 AND step_ms = :stepMs AND at >= :since
       ${cluster === undefined ? '' : 'AND cluster = :cluster'}
     GROUP BY cluster, node ORDER BY count(*) DESC, cpus DESC LIMIT 10`,
    { stepMs, since, ...(cluster === undefined ? {} : { cluster }) },
  )

/** Removes what nothing wrote over in time: spans of clusters that are no longer there. */
export function dropOldSamples(writer: Writer, now: number): Promise<void> {
  return writer.transaction(async (tx) => {
    for (const { stepMs, spans } of steps)
      await tx.run('DELETE FROM capacity_samples WHERE step_ms = :stepMs AND at < :before', {
        stepMs,
        before: now - stepMs * spans,
      })
  })
}
