import { HubError } from '../../schemas/errors.ts'
import type { Capacity, Pod } from '../../schemas/cluster.ts'
import { Resources } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import { maySee } from '../kit/context.ts'
import { revokePodTokens } from '../kit/tokens.ts'
import type { Row, Tx } from '../kit/tx.ts'

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
  pid: number | null
  pid_started: string | null
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
  command: JSON.parse(row.command) as string[], // Written by pod_run.
  state: row.state,
  isolation: row.isolation,
  limits: JSON.parse(row.limits) as string[], // Likewise.
  resources: Resources.parse(JSON.parse(row.resources)),
  ...(row.pid === null ? {} : { pid: row.pid }),
  ...(row.ended_at === null ? {} : { exitCode: row.exit_code, endedAt: row.ended_at }),
  ...(row.reason === null || row.reason === '' ? {} : { reason: row.reason }),
  createdAt: row.created_at,
})

type Reader = Pick<Tx, 'get' | 'all'>

export function findPod(ctx: Context, reader: Reader, id: string): PodRow {
  const row = reader.get<PodRow>('SELECT * FROM pods WHERE id = :id', { id })
  if (row && maySee(ctx, row.org)) return row
  throw new HubError('not_found', `there is no pod ${JSON.stringify(id)}`, {
    hint: 'pod_list shows them.',
  })
}

export const livePods = (reader: Reader): PodRow[] =>
  reader.all<PodRow>('SELECT * FROM pods WHERE ended_at IS NULL')

/** A node's capacity with what recorded pods were promised, also those about to start. */
export function withPromised(capacity: Capacity, live: PodRow[]): Capacity {
  const shapes = live.map((row) => Resources.parse(JSON.parse(row.resources)))
  const cpus = shapes.reduce((sum, shape) => sum + shape.cpus, 0)
  const memoryMb = shapes.reduce((sum, shape) => sum + shape.memoryMb, 0)
  return {
    ...capacity,
    cpus: { ...capacity.cpus, promised: cpus },
    memoryMb: { ...capacity.memoryMb, promised: memoryMb },
    pods: { ...capacity.pods, live: live.length },
  }
}

/** Records that a pod is over; its credentials end with it. Doing it twice changes nothing. */
export function endPod(
  tx: Tx,
  id: string,
  exit: { exitCode: number | null; reason: string },
): void {
  const row = tx.get<PodRow>('SELECT * FROM pods WHERE id = :id AND ended_at IS NULL', { id })
  if (!row) return
  tx.run(
    `UPDATE pods SET state = 'exited', exit_code = :exitCode, reason = :reason, ended_at = :now WHERE id = :id`,
    { id, exitCode: exit.exitCode, reason: exit.reason, now: tx.now },
  )
  revokePodTokens(tx, id)
  tx.about(id)
  tx.event({
    kind: 'pod.exited',
    org: row.org,
    subject: id,
    ...(row.task === null ? {} : { task: row.task }),
    data: { pod: id, exitCode: exit.exitCode, reason: exit.reason },
  })
}
