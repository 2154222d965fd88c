import type { Task, TaskInput } from '../../schemas/task.ts'
import { isTerminal } from '../../schemas/task.ts'

/** What whoever works on a task reports of it. */
export type Report = Record<string, unknown> & { outcome: 'succeeded' | 'proposed' | 'failed' }

/** What another try would not change. */
const lasting = ['invalid', 'denied', 'unsupported', 'not_found', 'canceled']

/** The report on a task from what became of it on a peer; undefined while it goes on there. */
export function reportOf(peer: string, there: Task): Report | undefined {
  const { state, result, failure } = there
  const change = result?.change === undefined ? {} : { change: `${peer}: ${result.change}` }
  const own = result && { result: { ...result, ...change } }
  if (state === 'succeeded') return { outcome: 'succeeded', ...(own ?? { result: noResult(peer) }) }
  if (state === 'in_review') return { outcome: 'proposed', ...(own ?? { result: noResult(peer) }) }
  if (!isTerminal(state)) return undefined
  const { code, message } = failure ?? { code: state, message: `it ${state} without saying why` }
  return {
    outcome: 'failed',
    failure: { code, message: `on ${peer}: ${message}`.slice(0, 8000) },
    retryable: !lasting.includes(code),
    ...own,
  }
}

/** What is submitted to a peer for a task of this hub. One attempt there is one attempt here. */
export function remoteSubmission(
  task: Task,
  { key, inputs }: { key: string; inputs: TaskInput[] },
): Record<string, unknown> {
  const { tags, runner, cluster, hub, hubRepo } = task.requirements
  const requirements = {
    ...(tags ? { tags } : {}),
    ...(runner ? { runner } : {}),
    ...(cluster && hub ? { cluster } : {}),
  }
  return {
    org: task.org,
    template: task.template,
    params: task.params,
    title: task.title,
    priority: task.priority,
    max_attempts: 1,
    timeout_ms: task.timeoutMs,
    resources: task.resources,
    ...(task.repo === undefined ? {} : { repo: hubRepo }),
    ...(task.isolation === undefined ? {} : { isolation: task.isolation }),
    ...(task.model === undefined ? {} : { model: task.model }),
    ...(Object.keys(requirements).length === 0 ? {} : { requirements }),
    ...(Object.keys(task.budget).length === 0 ? {} : { budget: task.budget }),
    ...(task.provenance.reason === undefined ? {} : { reason: task.provenance.reason }),
    ...(inputs.length === 0 ? {} : { inputs }),
    idempotency_key: key,
  }
}

const noResult = (peer: string) => ({ summary: `done on ${peer}, which gave no result` })
