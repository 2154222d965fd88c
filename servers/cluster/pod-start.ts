import { runnerPrefix, variablesOf } from '../../schemas/runner.ts'
import type { AcceptedPod, PodSpec } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import type { PodRow } from './store/pods.ts'
import { markRunning, markSuspended, markWaiting, recordRefusal } from './store/pod-moves.ts'
import { acceptPod, endPod, toPod } from './store/pods.ts'

/** What `pod_list` shows as the command of an agent: each cluster carries it in its own way. */
export const agentProgram = ['switchyard-agent']

/** Has the cluster of a recorded pod start it; a pod that cannot start is recorded as ended. */
export async function startPod(
  ctx: Context,
  row: PodRow,
  token: string | undefined,
  asked: { runner?: string | undefined; tags: string[]; avoids: string[] },
): Promise<PodRow> {
  const env: Record<string, string> =
    row.task === null
      ? {}
      : {
          ...runnerVariables(ctx, asked.runner),
          ...(token === undefined ? {} : { SWITCHYARD_TOKEN: token }),
          SWITCHYARD_TASK: row.task,
        }
  try {
    const accepted = await ctx.clusters
      .get(row.cluster)
      .start({ ...podSpec(row), env, tags: asked.tags, avoids: asked.avoids })
    const { handle, state, node } = accepted
    await (state === 'running'
      ? markRunning(ctx.store, row.id, { node, handle })
      : acceptPod(ctx.store, row.id, handle))
    void followPod(ctx, row.id, accepted)
    return { ...row, state, node, handle }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    await endPod(ctx.store, row.id, { exitCode: null, reason })
    throw error
  }
}

/**
 * The variables that the configuration of an external agent refers to, out of the hub's environment:
 * they are for its own pods alone, and neither a row nor a call ever holds them.
 */
function runnerVariables(ctx: Context, runner: string | undefined): Record<string, string> {
  const { runners } = ctx.config.file
  const config = runner === undefined ? undefined : runners[runner] // One that is gone fails in its pod.
  if (!config) return {}
  const found = variablesOf(config).map((name) => [runnerPrefix + name, process.env[name]] as const)
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

/** Records what becomes of a pod. The store may be closing; then the next start finds it. */
export async function followPod(
  { store, log }: Pick<Context, 'store' | 'log'>,
  pod: string,
  { changes, handle }: AcceptedPod,
): Promise<void> {
  try {
    for await (const change of changes) {
      switch (change.state) {
        case 'exited':
          await endPod(store, pod, change)
          break
        case 'waiting':
          await markWaiting(store, pod, change.reason)
          break
        case 'suspended':
        case 'resumed':
          await markSuspended(store, pod, change.state === 'suspended')
          break
        case 'refused':
          await recordRefusal(store, pod, change.host)
          break
        case 'running':
          await markRunning(store, pod, { node: change.node, handle })
      }
    }
  } catch (error) {
    log.warn({ pod, error }, 'a change of a pod was not recorded; the next start will')
  }
}

/** What a driver needs to know to run or adopt a recorded pod. */
export const podSpec = (row: PodRow): PodSpec => ({
  id: row.id,
  org: row.org,
  program: row.task === null ? { kind: 'command', command: toPod(row).command } : { kind: 'agent' },
  env: {},
  workspace: {
    key: row.task ?? row.id,
    mounts: [
      { purpose: 'cache', key: row.org, access: 'write' },
      { purpose: 'repositories', key: row.org, access: 'read' },
    ],
  },
  resources: toPod(row).resources,
  // Only a start needs them: a pod that is there stays where it is.
  tags: [],
  timeoutMs: row.timeout_ms,
})
