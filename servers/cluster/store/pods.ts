import type { Pod, PodLimit } from '../../../schemas/cluster.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Principal } from '../../../schemas/principal.ts'
import { Resources } from '../../../schemas/task.ts'
import type { PodExit } from '../../kit/cluster-driver.ts'
import type { Context } from '../../kit/context.ts'
import { maySee } from '../../kit/context.ts'
import type { Reader, Row, Transaction, Writer } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import { revokePodTokens } from '../../kit/store/tokens.ts'
import { agentOf, agentToken } from './pod-agents.ts'
import { endPodExposures } from './exposures.ts'
import { addLoad, dropLoad } from './node-loads.ts'
import type { Occupied } from './occupied.ts'
import { readOccupied } from './occupied.ts'
import { dropReservation } from './reservations.ts'

/** A row of `pods`, which this file owns. */
export type PodRow = Row & {
  id: string
  org: string
  cluster: string
  node: string
  task: string | null
  command: string
  state: Pod['state']
  isolation: Pod['isolation']
  limits: string
  resources: string
  timeout_ms: number
  handle: string | null
  exit_code: number | null
  reason: string | null
  /** Why it is moved away, or was. */
  evicted: string | null
  /** Which of its limits ended it, where one did. */
  exit_limit: PodLimit | null
  /** Of its task, where it is for one. */
  template: string | null
  repo: string | null
  created_at: number
  ended_at: number | null
}

export const toPod = (row: PodRow): Pod => ({
  id: row.id,
  org: row.org,
  cluster: row.cluster,
  node: row.node,
  ...(row.task === null ? {} : { task: row.task }),
  command: JSON.parse(row.command) as string[], // Written by admitPod.
  state: row.state,
  isolation: row.isolation,
  limits: JSON.parse(row.limits) as string[], // Likewise.
  resources: Resources.parse(JSON.parse(row.resources)),
  ...(row.handle === null ? {} : { handle: row.handle }),
  ...(row.ended_at === null ? {} : { exitCode: row.exit_code, endedAt: row.ended_at }),
  ...(row.reason === null || row.reason === '' ? {} : { reason: row.reason }),
  ...(row.evicted === null ? {} : { evicted: row.evicted }),
  ...(row.exit_limit === null ? {} : { limit: row.exit_limit }),
  createdAt: row.created_at,
})

/** A pod that the caller may see. */
export async function findPod(ctx: Context, id: string): Promise<PodRow> {
  const row = await readPod(ctx.reader, id)
  if (row && maySee(ctx, row.org)) return row
  throw new HubError('not_found', `there is no pod ${JSON.stringify(id)}`, {
    hint: 'pod_list shows them.',
  })
}

export const listLivePods = (reader: Reader): Promise<PodRow[]> =>
  reader.all<PodRow>('SELECT * FROM pods WHERE ended_at IS NULL')

/** Where a pod goes, decided with the pods that are live at that moment. */
export type Place = {
  cluster: string
  node: string
  isolation: Pod['isolation']
  limits: string[]
  /** What it is promised there. */
  resources: Resources
  /** Whether the cluster itself says who its pods are, so that they need no credential of the hub's. */
  identifies: boolean
  /** Nodes there that are kept for others, where its cluster chooses the node by itself. */
  avoids?: string[]
}

/**
 * Records a pod that is about to start, with the credential of its agent where it needs one. Two
 * requests for one task, or for the last room there is, cannot both be let in.
 */
export function admitPod(
  writer: Writer,
  asked: {
    ids: { pod: string; token: string }
    org: string
    task: string | undefined
    /** What its task is, where it is for one. */
    template?: string | undefined
    repo?: string | undefined
    command: string[]
    timeoutMs: number
    /** Whether more is limited for the org than the number of its pods. */
    countsUse?: boolean
  },
  place: (occupied: Occupied) => Place,
): Promise<{ row: PodRow; token: string | undefined; avoids: string[] }> {
  const { ids, org, task, command, timeoutMs, countsUse = false } = asked
  return writer.transaction(async (tx) => {
    const running = task === undefined ? undefined : await readLivePodOf(tx, task)
    if (running) {
      throw new HubError('conflict', `pod ${running.id} already runs for task ${task}`, {
        details: { pod: running.id },
      })
    }
    const occupied = await readOccupied(tx, org, countsUse)
    const { limits, identifies, resources, avoids = [], ...at } = place(occupied)
    const row: PodRow = {
      id: ids.pod,
      org,
      ...at,
      task: task ?? null,
      command: JSON.stringify(command),
      state: 'starting',
      limits: JSON.stringify(limits),
      resources: JSON.stringify(resources),
      timeout_ms: timeoutMs,
      handle: null,
      exit_code: null,
      reason: null,
      evicted: null,
      exit_limit: null,
      template: asked.template ?? null,
      repo: asked.repo ?? null,
      created_at: tx.now,
      ended_at: null,
    }
    await tx.insert('pods', row)
    await addLoad(tx, row)
    if (task !== undefined) await dropReservation(tx, task)
    tx.about(row.id)
    await announce(tx, row, 'pod.starting')
    const agent = identifies ? undefined : agentOf(row)
    return { row, token: agent && (await agentToken(tx, ids, agent)), avoids }
  })
}

/** Keeps how the driver finds a pod again that it has taken on. */
export function acceptPod(writer: Writer, id: string, handle: string): Promise<void> {
  return writer.transaction(async (tx) => {
    await tx.run('UPDATE pods SET handle = :handle WHERE id = :id AND ended_at IS NULL', {
      id,
      handle,
    })
  })
}

/** Records that a pod is over; its credentials end with it. Doing it twice changes nothing. */
export function endPod(writer: Writer, id: string, exit: PodExit): Promise<void> {
  return writer.transaction(async (tx) => {
    const row = await readPod(tx, id)
    if (!row || row.ended_at !== null) return
    const { exitCode, reason, isEvicted, limit } = exit
    const evicted = row.evicted ?? (isEvicted ? reason : null)
    await tx.run(
      `UPDATE pods SET state = 'exited', exit_code = :exitCode, reason = :reason, evicted = :evicted,
         exit_limit = :limit, ended_at = :now WHERE id = :id`,
      { id, exitCode, reason, evicted, limit: limit ?? null, now: tx.now },
    )
    await dropLoad(tx, row)
    await revokePodTokens(tx, id)
    // Credentials that its cluster made end as well: what is remembered of them is forgotten.
    if (row.task !== null) tx.wake('tokens')
    await endPodExposures(tx, id)
    tx.about(id)
    const why = { ...(evicted === null ? {} : { evicted }), ...(limit ? { limit } : {}) }
    await announce(tx, row, 'pod.exited', { exitCode, reason, ...why })
  })
}

export const readPod = (reader: Reader, id: string): Promise<PodRow | undefined> =>
  reader.get<PodRow>('SELECT * FROM pods WHERE id = :id', { id })

/** Those of some pods that are live. */
export const readPods = async (reader: Reader, ids: string[]): Promise<PodRow[]> =>
  ids.length === 0
    ? []
    : reader.all<PodRow>(`SELECT * FROM pods WHERE ended_at IS NULL AND id ${anyOf('ids')}`, {
        ids: JSON.stringify(ids),
      })

const readLivePodOf = (reader: Reader, task: string): Promise<PodRow | undefined> =>
  reader.get<PodRow>('SELECT * FROM pods WHERE task = :task AND ended_at IS NULL', { task })

/** Tells of a change of a pod. */
export const announce = (
  tx: Transaction,
  row: PodRow,
  kind: string,
  data: Record<string, unknown> = {},
): Promise<void> =>
  tx.event({
    kind,
    org: row.org,
    subject: row.id,
    ...(row.task === null ? {} : { task: row.task }),
    data: { pod: row.id, ...data },
  })

/** Where pods of a task have run, whether they live or not. */
export const clustersOf = (
  reader: Reader,
  task: string,
): Promise<{ cluster: string; org: string }[]> =>
  reader.all('SELECT DISTINCT cluster, org FROM pods WHERE task = :task', { task })

/** The agent of a live pod that was started for a task. */
export async function readPodAgent(
  reader: Reader,
  id: string,
  cluster: string,
): Promise<Principal | undefined> {
  const row = await readPod(reader, id)
  return row?.ended_at === null && row.cluster === cluster ? agentOf(row) : undefined
}
