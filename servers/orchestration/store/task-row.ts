import type {
  Isolation,
  Provenance,
  Requirements,
  Task,
  TaskBudget,
  TaskFailure,
  TaskInput,
  TaskResult,
  TaskState,
  TaskWait,
} from '../../../schemas/task.ts'
import { Resources } from '../../../schemas/task.ts'
import { laneOf } from '../../kit/needs.ts'
import type { Row } from '../../kit/sql.ts'

/** An instant for what does not become due by itself. */
export const never = 8_640_000_000_000_000

/** A row of `tasks`. JSON columns are text that this hub wrote. */
export type TaskRow = Row & {
  id: string
  org: string
  title: string
  template: string
  params: string
  repo: string | null
  state: TaskState
  waiting_for: TaskWait | null
  priority: number
  attempts: number
  failures: number
  max_attempts: number
  fence: number
  resources: string
  isolation: Isolation | null
  timeout_ms: number
  model: string | null
  parent: string | null
  depth: number
  plan: string | null
  step: string | null
  provenance: string
  requirements: string
  budget: string
  inputs: string
  retry_of: string | null
  idempotency_key: string | null
  request_digest: string
  submitted_by: string
  agent: string | null
  result: string | null
  failure: string | null
  submitted_at: number
  updated_at: number
  finished_at: number | null
  not_before_at: number
  /** Place in the queue of its org, the lowest first; it never changes, and waiting tasks age by it. */
  rank: number
  /** What it needs of whoever does it, as `laneOf` writes it. */
  lane: string
  /** Why a queued task was not started, for people to see. */
  pending_reason: string | null
}

/** What a submitter decides about a task; the rest of its row is the hub's. */
export type TaskRequest = Pick<
  TaskRow,
  | 'id'
  | 'org'
  | 'title'
  | 'template'
  | 'params'
  | 'repo'
  | 'priority'
  | 'max_attempts'
  | 'resources'
  | 'isolation'
  | 'timeout_ms'
  | 'model'
  | 'parent'
  | 'depth'
  | 'plan'
  | 'step'
  | 'provenance'
  | 'requirements'
  | 'budget'
  | 'inputs'
  | 'retry_of'
  | 'idempotency_key'
  | 'request_digest'
>

/**
 * How long a task has to wait to stand where one with a point more of priority stands at once. A task
 * is overtaken by those alone that came within this time for each point that they are above it.
 */
const msPerPoint = 60_000

/** The row of a task that nobody has worked on. */
export const newTaskRow = (request: TaskRequest, submittedBy: string, now: number): TaskRow => ({
  ...request,
  state: 'queued',
  waiting_for: null,
  attempts: 0,
  failures: 0,
  fence: 0,
  submitted_by: submittedBy,
  agent: null,
  result: null,
  failure: null,
  submitted_at: now,
  updated_at: now,
  finished_at: null,
  not_before_at: 0,
  rank: now - request.priority * msPerPoint,
  lane: laneOf({ ...parseRequirements(request), isolation: request.isolation ?? undefined }),
  pending_reason: null,
})

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    org: row.org,
    title: row.title,
    template: row.template,
    params: JSON.parse(row.params) as Record<string, unknown>, // Written by task_submit.
    ...(row.repo === null ? {} : { repo: row.repo }),
    state: row.state,
    ...(row.pending_reason === null ? {} : { pendingReason: row.pending_reason }),
    ...(row.waiting_for === null ? {} : { waitingFor: row.waiting_for }),
    priority: row.priority,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    resources: Resources.parse(JSON.parse(row.resources)),
    ...(row.isolation === null ? {} : { isolation: row.isolation }),
    timeoutMs: row.timeout_ms,
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.parent === null ? {} : { parent: row.parent }),
    depth: row.depth,
    ...(row.plan === null ? {} : { plan: row.plan }),
    ...(row.step === null ? {} : { step: row.step }),
    // These three by newTaskRow's callers, from values of their schemas.
    provenance: JSON.parse(row.provenance) as Provenance,
    requirements: parseRequirements(row),
    budget: JSON.parse(row.budget) as TaskBudget,
    inputs: JSON.parse(row.inputs) as TaskInput[],
    ...(row.retry_of === null ? {} : { retryOf: row.retry_of }),
    submittedBy: row.submitted_by,
    ...(row.agent === null ? {} : { agent: row.agent }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as TaskResult }), // By task_report.
    ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as TaskFailure }), // Likewise.
    submittedAt: row.submitted_at,
    updatedAt: row.updated_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.not_before_at > row.updated_at && row.not_before_at !== never
      ? { notBeforeAt: row.not_before_at }
      : {}),
  }
}

const parseRequirements = ({ requirements }: Pick<TaskRow, 'requirements'>): Requirements =>
  JSON.parse(requirements) as Requirements // By newTaskRow's callers, from a value of the schema.
