import { z } from 'zod'
import type { CapacityPoint } from '../../schemas/capacity.ts'
import { CapacityHistory } from '../../schemas/capacity.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { sumOf } from './sampling.ts'
import type { Amounts, SampleRow } from './store/samples.ts'
import { firstLook, listBusiest, listSamples, ofHub, steps } from './store/samples.ts'
import { historyText } from './texts.ts'

const hourMs = 3_600_000
/** A cluster that is read less often counts with what it last said, for so long. */
const carriedMs = 120_000

export const capacityHistory = defineTool({
  name: 'capacity_history',
  title: 'Read capacity over time',
  description:
    'Shows what clusters used, had requested and could give over the last hours or days, and how long the queue was, as means of equal spans. Use capacity_read for now.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    cluster: z.string().max(60).optional().describe('Only this cluster; default: all'),
    node: z.string().max(253).optional().describe('One of its busiest nodes; needs `cluster`'),
    hours: z.number().min(0.1).max(720).default(24).describe('How far to look back'),
    points: z.int().min(1).max(120).default(48).describe('Most points to return'),
  },
  output: CapacityHistory,
  text: historyText,
  run: async ({ cluster, node, hours, points }, ctx) => {
    if (cluster !== undefined) ctx.clusters.get(cluster) // Refused where there is none.
    if (node !== undefined && cluster === undefined)
      throw new HubError('invalid', `node ${JSON.stringify(node)} is given without its cluster`, {
        hint: 'Give `cluster` too; `busiest` of an answer names both.',
      })
    const until = ctx.now()
    const { stepMs, spanMs } = cutOf(hours * hourMs, points, node !== undefined)
    const since = Math.ceil((until - hours * hourMs) / stepMs) * stepMs
    const rows = await listSamples(ctx.reader, { stepMs, since, cluster, node })
    const items = pointsOf(rows, { since, until, spanMs })
    const first = rows[0]?.at
    const silent = rows.filter((row) => row.cluster !== ofHub && row.cpus_used === null)
    const busiest = await listBusiest(ctx.reader, {
      since,
      cluster,
      stepMs: Math.max(stepMs, steps[1].stepMs),
    })
    return {
      since,
      until,
      spanMs,
      items,
      ...(first === undefined ? {} : { firstAt: await firstLook(ctx.reader, { first, stepMs }) }),
      unreported: [...new Set(silent.map((row) => row.cluster))],
      busiest: busiest.map((row) => ({
        node: `${row.cluster}/${row.node}`,
        cpus: round(row.cpus),
        allocatable: round(row.total),
      })),
    }
  },
})

/** The finest step that is kept for so long, and spans of whole steps, no more than `points` of them. */
function cutOf(lengthMs: number, points: number, isNode: boolean) {
  const kept = steps.filter(({ stepMs }) => !isNode || stepMs > steps[0].stepMs)
  const step = kept.find(({ stepMs, spans }) => stepMs * spans >= lengthMs) ?? kept.at(-1)!
  const spanMs = step.stepMs * Math.max(1, Math.ceil(lengthMs / step.stepMs / points))
  return { stepMs: step.stepMs, spanMs }
}

/** The sum over clusters of the mean of each, for each span in which something was seen. */
function pointsOf(
  rows: SampleRow[],
  { since, until, spanMs }: { since: number; until: number; spanMs: number },
): CapacityPoint[] {
  const lastSpan = Math.max(0, Math.ceil((until - since) / spanMs) - 1)
  const spans = Map.groupBy(rows, ({ at }) => Math.min(lastSpan, Math.floor((at - since) / spanMs)))
  const last = new Map<string, { at: number; amounts: Amounts }>()
  return [...spans]
    .sort(([a], [b]) => a - b)
    .map(([span, seen]) => {
      const begin = since + span * spanMs
      for (const [cluster, own] of Map.groupBy(seen, (row) => row.cluster))
        last.set(cluster, { at: begin, amounts: meanOf(own) })
      const current = [...last.values()].filter(({ at }) => begin - at <= carriedMs)
      const hasQueue = seen.some(({ cluster }) => cluster === ofHub)
      const sum = sumOf(current.map(({ amounts }) => amounts))
      return pointOf(Math.min(until, begin + spanMs), sum, hasQueue)
    })
}

/** The mean of spans, each as heavy as the looks that it is the mean of. */
function meanOf(rows: SampleRow[]): Amounts {
  const mean = { ...rows[0]! } as Amounts // A group has a row.
  for (const name of Object.keys(sumOf([])) as (keyof Amounts)[]) {
    const known = rows.filter((row) => row[name] !== null)
    const samples = known.reduce((sum, row) => sum + row.samples, 0)
    const total = known.reduce((sum, row) => sum + Number(row[name]) * row.samples, 0)
    if (samples > 0) mean[name] = total / samples
  }
  return mean
}

function pointOf(at: number, amounts: Amounts, hasQueue: boolean): CapacityPoint {
  const used = (value: number | null) => (value === null ? {} : { used: round(value) })
  return {
    at,
    cpus: {
      ...used(amounts.cpus_used),
      requested: round(amounts.cpus_requested),
      allocatable: round(amounts.cpus_total),
    },
    memoryMb: {
      ...used(amounts.memory_used && Math.round(amounts.memory_used)),
      requested: Math.round(amounts.memory_requested),
      allocatable: Math.round(amounts.memory_total),
    },
    diskMb: {
      ...used(amounts.disk_used && Math.round(amounts.disk_used)),
      total: Math.round(amounts.disk_total),
    },
    gpus: {
      ...(amounts.gpus_requested === null ? {} : { requested: round(amounts.gpus_requested) }),
      total: round(amounts.gpus_total),
    },
    pods: { live: round(amounts.pods_live), limit: round(amounts.pods_limit) },
    ...(hasQueue ? { queued: round(amounts.queued) } : {}),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
