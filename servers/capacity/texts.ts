import type { CapacityHistory } from '../../schemas/capacity.ts'
import { instantText, tableText } from '../kit/table.ts'
import type { BudgetState } from './budgets.ts'
import type { CapacityAnswer } from './capacity.ts'
import type { Forecast } from './forecast.ts'

/** What a model reads of a budget: whose it is, what is spent, then a line for each limit. */
export function budgetText(state: BudgetState): string {
  const { scope, id, org, from, by, spent, lines } = state
  const who = by === undefined ? '' : ` by ${by}`
  const money = ({ costUsd, unpriced }: BudgetState['spent'][number]) =>
    `${usd(costUsd)}${unpriced === 0 ? '' : ` and ${unpriced} calls of unknown cost`}`
  return [
    `${scope} ${id}${scope === 'org' ? '' : ` of ${org}`}: ${from === 'none' ? 'no budget of its own' : `${from}${who}`}`,
    ...spent.map(
      (sum) =>
        `spent${sum.window === 'all' ? '' : ` this ${sum.window}`}: ${sum.steps} steps, ${sum.tokens} tokens, ${money(sum)} USD`,
    ),
    tableText(
      { items: lines },
      {
        of: (line) => `${line.scope} ${line.id}`,
        window: ({ window }) => (window === 'all' ? '' : window),
        unit: ({ unit }) => unit,
        limit: ({ limit }) => usd(limit),
        spent: (line) => usd(line.spent),
        reserved: ({ reserved }) => (reserved === 0 ? '' : usd(reserved)),
        left: ({ left }) => usd(left),
        resets: ({ resetsAt }) => instantText(resetsAt),
      },
    ),
  ].join('\n')
}

/** What a model reads of a forecast: the queue, a line for each budget, and how it was made. */
export function forecastText({ org, queue, budgets, method }: Forecast): string {
  const { waiting, running, held, slots, drainedAt, loadPercent, error } = queue
  const until = drainedAt
    ? `worked off at ${instantText(drainedAt.middle)} (between ${instantText(drainedAt.low)} and ${instantText(drainedAt.high)}, meant for eight of ten cases)`
    : `no forecast: ${queue.insufficient ?? 'too little is known'}`
  return [
    `queue of ${org}: ${waiting} wait, ${running} go on in ${slots} slots${held === 0 ? '' : `, ${held} are held by a budget`}; ${until}`,
    ...(loadPercent === undefined ? [] : [`load: ${loadPercent} % of the slots`]),
    ...(error ? [`error: ${errorText(error)}`] : []),
    tableText(
      { items: budgets },
      {
        window: ({ window }) => window,
        unit: ({ unit }) => unit,
        left: ({ left }) => usd(left),
        'per hour': ({ perHour }) => perHour,
        'spent at': ({ spentAt }) => instantText(spentAt?.middle),
        earliest: ({ spentAt }) => instantText(spentAt?.low),
        latest: ({ spentAt }) => instantText(spentAt?.high),
        'likely %': ({ spentPercent }) => spentPercent,
        resets: ({ resetsAt }) => instantText(resetsAt),
        error: (budget) => budget.error && errorText(budget.error),
        'no forecast': ({ insufficient }) => insufficient,
      },
    ),
    method,
  ].join('\n')
}

const shownClusters = 40

/** What a model reads of capacity: what fits, a line for each cluster, and what waits. */
export function capacityText(answer: CapacityAnswer): string {
  const { room, shape, clusters, quota, queue, peers = [] } = answer
  const { live, limit, org } = quota
  const tags = shape.tags.length === 0 ? '' : `, tags ${shape.tags.join(' ')}`
  const amount = (of: { used?: number | undefined; promised: number; total: number }) =>
    `${of.used ?? '?'}/${of.promised}/${of.total}`
  const wait = queue.wait
    ? `a task submitted now begins in ${minutes(queue.wait.middleMs)} (${minutes(queue.wait.lowMs)} to ${minutes(queue.wait.highMs)}, meant for eight of ten cases)`
    : 'how long a new task waits is not known yet'
  return [
    `${room} pods of ${shape.cpus} CPUs, ${shape.memoryMb} MiB${tags} fit now; ${org} runs ${live} of ${limit} pods; amounts are used/promised/all`,
    tableText(
      { items: clusters },
      {
        cluster: ({ id }) => id,
        state: ({ state, reason }) => (reason === undefined ? state : `${state}: ${reason}`),
        nodes: ({ nodes, closed }) => (closed === 0 ? nodes : `${nodes}, ${closed} closed`),
        cpus: ({ cpus }) => amount(cpus),
        'memory MiB': ({ memoryMb }) => amount(memoryMb),
        'disk MiB': ({ diskMb }) =>
          diskMb.used === undefined ? '' : `${diskMb.used}/${diskMb.total}`,
        gpus: ({ gpus }) => (gpus.total === 0 ? '' : `${gpus.promised ?? '?'}/${gpus.total}`),
        pods: ({ pods }) => `${pods.live} of ${pods.limit}`,
        fit: (cluster) => cluster.room,
        'why one more than these does not (nodes)': ({ why }) =>
          why.map(({ reason, nodes }) => `${reason} (${nodes})`).join(', '),
      },
      shownClusters,
    ),
    `queue of ${org}: ${queue.waiting} wait, ${queue.running} go on in ${queue.slots} slots${queue.held === 0 ? '' : `, ${queue.held} are held by a budget`}; ${wait}`,
    ...peers.map(
      ({ name, fits, reasons }) =>
        `peer ${name}: ${fits ? 'fits' : 'does not fit'}: ${reasons.join('; ')}`,
    ),
  ].join('\n')
}

const minutes = (ms: number): string =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/** What a model reads of capacity over time: a short line for each point. */
export function historyText({ items, spanMs, unreported, busiest }: CapacityHistory): string {
  const of = (amount: { used?: number | undefined; requested: number }) =>
    `${amount.used ?? '?'}/${amount.requested}`
  const [first, last] = [items[0], items.at(-1)]
  if (!first || !last) return 'Nothing was kept for that time yet; a look is kept every 10 seconds.'
  const total = `of ${last.cpus.allocatable} CPUs, ${last.memoryMb.allocatable} MiB, ${last.pods.limit} pods, ${last.gpus.total} GPUs`
  return [
    `means of ${Math.round(spanMs / 1000)} s, used/requested ${total}; times in UTC`,
    tableText(
      { items },
      {
        until: ({ at }) => new Date(at).toISOString().slice(5, spanMs < 60_000 ? 19 : 16),
        cpus: ({ cpus }) => of(cpus),
        'mem MiB': ({ memoryMb }) => of(memoryMb),
        pods: ({ pods }) => pods.live,
        gpus: ({ gpus }) => gpus.requested || undefined,
        queued: ({ queued }) => queued,
      },
    ),
    ...(last.diskMb.used === undefined
      ? []
      : [`disk: ${last.diskMb.used} of ${last.diskMb.total} MiB used`]),
    ...(busiest.length === 0
      ? []
      : [
          `busiest: ${busiest.map(({ node, cpus, allocatable }) => `${node} ${cpus} of ${allocatable} CPUs`).join(', ')}`,
        ]),
    ...(unreported.length === 0
      ? []
      : [`what is used is not reported by ${unreported.join(', ')}`]),
  ].join('\n')
}

const errorText = (error: { forecasts: number; meanErrorPercent: number; withinPercent: number }) =>
  `${error.meanErrorPercent} % on average over ${error.forecasts} past forecasts, ${error.withinPercent} % within`

const usd = (amount: number): string => String(Math.round(amount * 1e6) / 1e6)
