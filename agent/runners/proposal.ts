import type { Change, ChangeComment, ChangeReview } from '../../schemas/change.ts'
import type { Reports } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Outcome, Work } from '../attempt.ts'
import { reportLines } from '../results/reports.ts'
import { summaryLine } from './ci.ts'

export type Discussion = { change: Change; comments: ChangeComment[]; reviews: ChangeReview[] }

/** What a runner made in the worktree of its task. */
export type Made = {
  summary: string
  checks: CheckResult[]
  /** What the checks reported, for the body of the change and the result. */
  reports?: Reports | undefined
  steps: number
  model: string
  scripted: boolean
}

/** Commits what is in the worktree and opens the task's change with it, or a revision of it. */
export async function propose(
  work: Work,
  { summary, checks, reports, steps, model, scripted }: Made,
): Promise<Outcome> {
  const { lease } = work
  const { task } = lease
  const maker = scripted ? 'a scripted model (a fixed policy, no AI)' : `the model ${model}`
  await lease.hub.call(
    'commit_create',
    { task: task.id, message: `${task.title}\n\n${summary}` },
    { signal: lease.signal, timeoutMs: 600_000 },
  )
  const body = [
    summary,
    '',
    `Made by ${maker} in ${steps} steps.`,
    '',
    `Checks: ${summaryLine(checks) || 'none were found'}`,
    ...reportLines(reports).map((line) => `- ${line}`),
  ].join('\n')
  const change = await lease.hub.call<Change>(
    'change_open',
    { task: task.id, title: task.title, body, summary, checks },
    { signal: lease.signal, timeoutMs: 600_000 },
  )
  const { diff } = await lease.hub.call<{ diff: string }>(
    'change_read',
    { change: change.id, max_bytes: 1_048_576 },
    { signal: lease.signal },
  )
  await lease.keep('changes.patch', diff || '\n', 'text/x-patch')
  await lease.keep('checks.json', JSON.stringify(checks, null, 2), 'application/json')
  await lease.log.say(`change ${change.id}, revision ${change.revisions}, is ready for review`)
  return {
    outcome: 'proposed',
    result: { summary, checks, change: change.id, ...(reports ? { reports } : {}) },
  }
}

/** What people said about the change so far, when this attempt is a revision. */
export async function readDiscussion({ lease }: Work): Promise<Discussion | undefined> {
  const settings = { signal: lease.signal }
  const { items } = await lease.hub.call<{ items: Change[] }>(
    'change_list',
    { task: lease.task.id },
    settings,
  )
  if (!items[0]) return undefined
  return lease.hub.call<Discussion>('change_read', { change: items[0].id, max_bytes: 0 }, settings)
}
