import { join } from 'node:path'
import type { Principal } from '../../schemas/principal.ts'
import type { PodSpec } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import { mintToken } from '../kit/tokens.ts'
import type { Tx } from '../kit/tx.ts'
import type { PodRow } from './pod-rows.ts'
import { endPod, toPod } from './pod-rows.ts'

/** Starts the process of a recorded pod; a pod that cannot start is recorded as ended. */
export async function startPod(
  ctx: Context,
  row: PodRow,
  token: string | undefined,
): Promise<PodRow> {
  const agent =
    token === undefined ? {} : { SWITCHYARD_TOKEN: token, SWITCHYARD_TASK: row.task ?? '' }
  const env = {
    ...agent,
    SWITCHYARD_ENDPOINT: join(ctx.dataDir, 'run', 'endpoint'),
    SWITCHYARD_WORK: workFolder(ctx, row),
  }
  try {
    const started = await ctx.cluster.start({ ...podSpec(ctx, row), env }, (exit) =>
      recordExit(ctx, row.id, exit),
    )
    const running = {
      ...row,
      state: 'running',
      pid: started.pid,
      pid_started: started.pidStarted,
    } as const
    await ctx.store.write((tx) => {
      tx.run(
        `UPDATE pods SET state = 'running', pid = :pid, pid_started = :pidStarted WHERE id = :id AND ended_at IS NULL`,
        { id: row.id, ...started },
      )
      tx.event({
        kind: 'pod.running',
        org: row.org,
        subject: row.id,
        ...(row.task ? { task: row.task } : {}),
        data: { pod: row.id, pid: started.pid },
      })
    })
    return running
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    await ctx.store.write((tx) => endPod(tx, row.id, { exitCode: null, reason }))
    throw error
  }
}

/** Records an exit that the driver saw. The store may be closing; then the next start finds it. */
export function recordExit(
  ctx: Pick<Context, 'store' | 'log'>,
  pod: string,
  exit: { exitCode: number | null; reason: string },
): void {
  ctx.store
    .write((tx) => endPod(tx, pod, exit))
    .catch((error: unknown) =>
      ctx.log.warn({ pod, error }, 'a pod exit was not recorded; the next start will'),
    )
}

const workFolder = (ctx: Pick<Context, 'dataDir'>, row: PodRow) =>
  join(ctx.dataDir, 'work', row.task ?? row.id)

/** What the driver needs to know to run or adopt a recorded pod. */
export const podSpec = (ctx: Pick<Context, 'dataDir'>, row: PodRow): PodSpec => ({
  id: row.id,
  org: row.org,
  command: toPod(row).command,
  env: {},
  writable: [workFolder(ctx, row)],
  resources: toPod(row).resources,
  timeoutMs: row.timeout_ms,
})

/** A bootstrap credential: it can claim this one task and nothing else. */
export function podToken(
  tx: Tx,
  ids: { pod: string; token: string },
  org: string,
  task: string,
): string {
  const principal: Principal = {
    kind: 'agent',
    id: `agent-${ids.pod}`,
    roles: ['agent'],
    orgs: [org],
    task,
  }
  return mintToken(tx, {
    id: ids.token,
    purpose: 'access',
    principal,
    label: `pod ${ids.pod}`,
    pod: ids.pod,
  })
}

export function insertPod(tx: Tx, row: PodRow): void {
  tx.insert('pods', row)
  tx.about(row.id)
  tx.event({
    kind: 'pod.starting',
    org: row.org,
    subject: row.id,
    ...(row.task ? { task: row.task } : {}),
    data: { pod: row.id },
  })
}
