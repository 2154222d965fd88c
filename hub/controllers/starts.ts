import type { Pod } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { needsOf } from '../../servers/kit/needs.ts'
import { isExternal } from '../../servers/kit/runners.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import { toTask } from '../../servers/orchestration/store/task-row.ts'
import type { ControllerContext } from './context.ts'

/** An agent ends its attempt itself when its time is over. The limit of its pod is for one that hangs. */
const hungAfterMs = 120_000
const firstPauseMs = 2000
const longestPauseMs = 60_000
/** Room that went to another comes back by itself, and sooner. */
const longestRoomPauseMs = 10_000

/** What another try would not change. All else may: a cluster comes back, a setting is changed. */
const lasting = new Set(['invalid', 'unsupported', 'not_found'])

type Call = ControllerContext['call']

/** Starts the agent of a task; returns why it could not be started. */
export async function startPod(call: Call, row: TaskRow): Promise<HubError | undefined> {
  const { id: task, org, resources, timeoutMs } = toTask(row)
  const { tags, isolation, cluster, runner } = needsOf(row.lane)
  try {
    await call<Pod>('pod_run', {
      task,
      org,
      resources,
      timeout_ms: timeoutMs + hungAfterMs,
      ...(tags ? { tags } : {}),
      ...(isolation ? { isolation } : {}),
      ...(cluster ? { cluster } : {}),
      ...(isExternal(runner) ? { runner } : {}),
    })
    return undefined
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
}

/** How long to leave a task alone after so many refusals in a row, and whether another try is of use. */
export function afterRefusal(
  { code }: HubError,
  refusals: number,
): { pauseMs: number; isLasting: boolean } {
  const longestMs = code === 'exhausted' ? longestRoomPauseMs : longestPauseMs
  const pauseMs = Math.min(longestMs, firstPauseMs * 2 ** Math.min(refusals - 1, 10))
  return { pauseMs, isLasting: lasting.has(code) }
}

/** What a task says that waits for a pod which could not be started. */
export function refusalReason({ message, hint }: HubError, pauseMs: number): string {
  const why = [message, hint].filter(Boolean).join('. ').slice(0, 1800)
  return `no pod could be started for it, tried again in ${pauseMs / 1000} s: ${why}`
}

/** The pod that was started last for a task. */
export async function lastPod(call: Call, task: string): Promise<Pod | undefined> {
  const { items } = await call<{ items: Pod[] }>('pod_list', { task, ended: true, limit: 1 })
  return items[0]
}

/** What the last pod of a task said before it ended without a claim. */
export async function lastWords(call: Call, task: string): Promise<string> {
  const pod = await lastPod(call, task)
  if (!pod) return 'no pod could be started'
  const { data } = await call<{ data: string }>('pod_log', { pod: pod.id, max_bytes: 2000 })
  return `the agent did not start (exit code ${pod.exitCode ?? 'unknown'}${pod.reason ? `, ${pod.reason}` : ''}): ${data.trim()}`
}
