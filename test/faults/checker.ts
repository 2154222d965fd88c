import { readFileSync } from 'node:fs'
import { HubClient } from '../../agent/hub-client.ts'
import { HubError } from '../../schemas/errors.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Task } from '../../schemas/task.ts'
import { carrying } from '../../servers/cluster/drivers/processes.ts'
import type { Entry } from './history.ts'

// A process of its own, fed only by what clients recorded and by the hub's public answers. It knows
// the promises, not the code that keeps them.
const [file = '', url = '', token = '', podList = ''] = process.argv.slice(2)
const entries = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Entry) // Written by History.
const hub = new HubClient({ url, token })

const submitted = new Map<string, string>()
const doubled: string[] = []
for (const entry of entries) {
  if (entry.kind !== 'submit') continue
  const before = submitted.get(entry.key)
  if (before !== undefined && before !== entry.task) doubled.push(entry.key)
  submitted.set(entry.key, entry.task)
}

const lost: string[] = []
const unfinished: string[] = []
const states = new Map<string, string>()
for (const task of submitted.values()) {
  try {
    const { state } = (await hub.call<{ task: Task }>('task_read', { task })).task
    states.set(task, state)
    if (!['succeeded', 'failed', 'canceled'].includes(state)) unfinished.push(`${task} is ${state}`)
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'not_found') throw error
    lost.push(task)
  }
}

const changedAfterEnd = entries.flatMap((entry) =>
  entry.kind === 'terminal' && states.get(entry.task) !== entry.state
    ? [`${entry.task}: ${entry.state} became ${states.get(entry.task)}`]
    : [],
)

console.log(
  JSON.stringify({
    acknowledged: submitted.size,
    lost,
    doubled,
    unfinished,
    changedAfterEnd,
    twoLeases: overlappingLeases(),
    logGaps: await logProblems(),
    chain: await hub.call<{ intact: boolean; rows: number }>('audit_verify'),
    orphans: orphanProcesses(),
  }),
)

/**
 * After the hub acknowledged a claim with a higher fencing number, nothing that was sent later
 * under a lower one may have been accepted.
 */
function overlappingLeases(): string[] {
  const claims = entries.filter((entry) => entry.kind === 'claim')
  const byTask = Map.groupBy(claims, (claim) => claim.task)
  return entries.flatMap((entry) => {
    if (entry.kind !== 'append' && entry.kind !== 'heartbeat' && entry.kind !== 'report') return []
    const later = byTask
      .get(entry.task)
      ?.find((claim) => claim.fence > entry.fence && claim.ackedAt < entry.sentAt)
    return later
      ? [
          `${entry.task}: ${entry.kind} under ${entry.fence} accepted after ${later.fence} was granted`,
        ]
      : []
  })
}

/** Numbers without a gap, and every acknowledged text there exactly once, in the order it was sent. */
async function logProblems(): Promise<string[]> {
  const problems: string[] = []
  const appends = Map.groupBy(
    entries.filter((entry) => entry.kind === 'append'),
    (entry) => entry.task,
  )
  for (const [task, sent] of appends) {
    const chunks: LogChunk[] = []
    for (let more = true; more;) {
      const page = await hub.call<{ items: LogChunk[]; more: boolean }>('task_log', {
        task,
        after: chunks.length,
        max_bytes: 65_536,
      })
      chunks.push(...page.items)
      more = page.more
    }
    chunks.forEach(({ seq }, index) => {
      if (seq !== index + 1) problems.push(`${task}: chunk ${index + 1} has number ${seq}`)
    })
    const text = chunks.map((chunk) => chunk.data).join('')
    let from = 0
    for (const { text: wanted } of sent.toSorted(
      (a, b) => a.fence - b.fence || a.sentAt - b.sentAt,
    )) {
      const at = text.indexOf(wanted)
      if (at < 0) problems.push(`${task}: ${wanted} is missing`)
      else if (text.indexOf(wanted, at + 1) >= 0) problems.push(`${task}: ${wanted} is there twice`)
      else if (at < from) problems.push(`${task}: ${wanted} is out of order`)
      from = Math.max(from, at)
    }
  }
  return problems
}

/** Processes that carry the mark of a pod of this campaign although nothing should run any more. */
function orphanProcesses(): string[] {
  const pods = new Set(readFileSync(podList, 'utf8').split('\n').filter(Boolean))
  return carrying('SWITCHYARD_POD')
    .filter(({ value }) => pods.has(value))
    .map(({ pid, value }) => `${pid} of ${value}`)
}
