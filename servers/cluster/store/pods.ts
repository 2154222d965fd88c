import type { Pod } from '../../../schemas/cluster.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Page } from '../../kit/page.ts'
import type { Principal } from '../../../schemas/principal.ts'
import { Resources } from '../../../schemas/task.ts'
import type { Context } from '../../kit/context.ts'
import { maySee } from '../../kit/context.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Reader, Row, Transaction, Writer } from '../../kit/sql.ts'
import { mintToken, revokePodTokens } from '../../kit/store/tokens.ts'

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

export const listPods = (
  reader: Reader,
  options: {
    task: string | undefined
    ended: boolean
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
): Promise<Page<Pod>> =>
  listNewest(reader, {
    table: 'pods',
    filters: { task: options.task },
    orgs: options.orgs,
    also: options.ended ? undefined : 'ended_at IS NULL',
    cursor: options.cursor,
    limit: options.limit,
    toItem: toPod,
  })

/** Where a pod goes, decided with the pods that are live at that moment. */
export type Place = { cluster: string; node: string; isolation: Pod['isolation']; limits: string[] }

/**
 * Records a pod that is about to start, with the credential of its agent when it is for a task. Two
 * requests for one task, or for the last room there is, cannot both be let in.
 */
export function admitPod(
  writer: Writer,
  asked: {
    ids: { pod: string; token: string }
    org: string
    task: string | undefined
    command: string[]
    resources: Resources
    timeoutMs: number
  },
  place: (live: PodRow[]) => Place,
): Promise<{ row: PodRow; token: string | undefined }> {
  const { ids, org, task, command, resources, timeoutMs } = asked
  return writer.transaction(async (tx) => {
    const live = await listLivePods(tx)
    const running = task === undefined ? undefined : live.find((pod) => pod.task === task)
    if (running) {
      throw new HubError('conflict', `pod ${running.id} already runs for task ${task}`, {
        details: { pod: running.id },
      })
    }
    const { limits, ...at } = place(live)
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
      created_at: tx.now,
      ended_at: null,
    }
    await tx.insert('pods', row)
    tx.about(row.id)
    await announce(tx, row, 'pod.starting')
    return { row, token: task === undefined ? undefined : await agentToken(tx, ids, org, task) }
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

/** Records that a pod's program runs, where, and with which handle. */
export function markRunning(
  writer: Writer,
  id: string,
  { node, handle }: { node: string; handle: string },
): Promise<void> {
  return writer.transaction(async (tx) => {
    const changed = await tx.run(
      `UPDATE pods SET state = 'running', node = :node, handle = :handle, reason = NULL
       WHERE id = :id AND state = 'starting'`,
      { id, node, handle },
    )
    const row = changed > 0 ? await readPod(tx, id) : undefined
    if (row) await announce(tx, row, 'pod.running')
  })
}

/** Keeps why a pod does not run yet, and tells whoever waits for it. */
export function markWaiting(writer: Writer, id: string, reason: string): Promise<void> {
  return writer.transaction(async (tx) => {
    const changed = await tx.run(
      `UPDATE pods SET reason = :reason WHERE id = :id AND state = 'starting'`,
      { id, reason },
    )
    const row = changed > 0 ? await readPod(tx, id) : undefined
    if (row) await announce(tx, row, 'pod.waiting', { reason })
  })
}

export function markStopping(writer: Writer, id: string): Promise<void> {
  return writer.transaction(async (tx) => {
    tx.about(id)
    await tx.run(`UPDATE pods SET state = 'stopping' WHERE id = :id AND ended_at IS NULL`, { id })
  })
}

/** Puts on record that something is about to be done to a pod that leaves its row as it is. */
export const markTouched = (writer: Writer, id: string): Promise<void> =>
  writer.transaction(async (tx) => tx.about(id))

/** Records that a pod is over; its credentials end with it. Doing it twice changes nothing. */
export function endPod(
  writer: Writer,
  id: string,
  exit: { exitCode: number | null; reason: string },
): Promise<void> {
  return writer.transaction(async (tx) => {
    const row = await readPod(tx, id)
    if (!row || row.ended_at !== null) return
    await tx.run(
      `UPDATE pods SET state = 'exited', exit_code = :exitCode, reason = :reason, ended_at = :now WHERE id = :id`,
      { id, exitCode: exit.exitCode, reason: exit.reason, now: tx.now },
    )
    await revokePodTokens(tx, id)
    tx.about(id)
    await announce(tx, row, 'pod.exited', { exitCode: exit.exitCode, reason: exit.reason })
  })
}

const readPod = (reader: Reader, id: string): Promise<PodRow | undefined> =>
  reader.get<PodRow>('SELECT * FROM pods WHERE id = :id', { id })

const announce = (
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

/** A bootstrap credential: it can claim this one task and nothing else. */
function agentToken(
  tx: Transaction,
  ids: { pod: string; token: string },
  org: string,
  task: string,
): Promise<string> {
  const { pod, token: id } = ids
  const principal: Principal = {
    kind: 'agent',
    id: `agent-${pod}`,
    roles: ['agent'],
    orgs: [org],
    task,
  }
  return mintToken(tx, { id, purpose: 'access', principal, label: `pod ${pod}`, pod })
}
