import type { Change, ChangeReview } from '../../schemas/change.ts'
import type { Event } from '../../schemas/event.ts'
import type { Plan } from '../../schemas/plan.ts'
import { readStepOfApproval } from '../../servers/orchestration/store/plan-steps.ts'
import { readPlanOfApproval } from '../../servers/orchestration/store/plans.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import type { ControllerContext } from './context.ts'
import { follow } from './follow.ts'
import { draftAll } from './plan-drafts.ts'

/** What has a plan go on. */
type Cause =
  | { plan: string; step?: string; verdict?: { kind: 'passed'; reason: string } }
  | { approval: string }
type Advanced = {
  plan?: Plan
  asking: { step: string; tasks: string[] }[]
  more: boolean
}
type Discussion = { change: Change; reviews: ChangeReview[] }

/** What moves the step that a task belongs to. */
const moves = new Set([
  'task.queued',
  'task.in_review',
  'task.succeeded',
  'task.failed',
  'task.canceled',
])

/**
 * Carries plans on: a task that moved, a change that was reviewed or a question that was answered lets
 * further steps begin. Plans that have no steps yet are given them beside that.
 */
export async function plans(context: ControllerContext): Promise<void> {
  await Promise.all([
    follow(context, 'plans', (event) => carryOn(context, event)),
    draftAll(context),
  ])
}

/** What one event lets go on; doing it again changes nothing. */
export async function carryOn(context: ControllerContext, event: Event): Promise<void> {
  const { kind, subject, task, data } = event
  if (kind === 'plan.running') await advance(context, { plan: subject })
  if (kind === 'approval.decided' || kind === 'approval.void') {
    const { reader } = context.store
    const isOurs =
      (await readStepOfApproval(reader, subject)) ?? (await readPlanOfApproval(reader, subject))
    if (isOurs) await advance(context, { approval: subject })
  }
  if (moves.has(kind) && typeof data.plan === 'string' && typeof data.step === 'string') {
    // The first time that it is queued is the plan's own doing.
    if (kind !== 'task.queued' || Number(data.attempts) > 0)
      await advance(context, { plan: data.plan, step: data.step })
  }
  if (kind === 'change.reviewed' && task !== undefined) {
    const row = await readTask(context.store.reader, task)
    if (row && row.plan !== null && row.step !== null)
      await advance(context, { plan: row.plan, step: row.step })
  }
}

/** Has a plan go on until there is nothing to begin, and answers the gates that ask of changes. */
async function advance(context: ControllerContext, cause: Cause): Promise<void> {
  const { call, signal } = context
  let next: Cause | undefined = cause
  while (next !== undefined && !signal.aborted) {
    const { plan, asking, more }: Advanced = await call<Advanced>('plan_advance', next)
    if (!plan) return
    for (const { step, tasks } of asking) {
      if (!(await areApproved(context, tasks))) continue
      const verdict = { kind: 'passed', reason: 'its changes were approved' } as const
      await advance(context, { plan: plan.id, step, verdict })
    }
    next = more ? { plan: plan.id } : undefined
  }
}

/** Whether each task has a change whose last revision was accepted, with no wish for changes since. */
async function areApproved({ call }: ControllerContext, tasks: string[]): Promise<boolean> {
  for (const task of tasks) {
    const { items } = await call<{ items: Change[] }>('change_list', { task })
    const change = items[0]
    if (!change) return false
    if (change.state === 'merged') continue
    const { reviews } = await call<Discussion>('change_read', { change: change.id, max_bytes: 0 })
    const last = new Map<string, string>()
    for (const { reviewer, verdict, revision } of reviews)
      if (revision === change.revisions) last.set(reviewer, verdict)
    const verdicts = [...last.values()]
    if (!verdicts.includes('accept') || verdicts.includes('request_changes')) return false
  }
  return tasks.length > 0
}
