import type { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Reports } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Answer } from '../answers.ts'
import type { Outcome, Work } from '../attempt.ts'
import { reportLines } from '../results/reports.ts'
import type { TaskWorkspace } from '../workspace/workspace.ts'
import { summaryLine } from './ci.ts'
import type { Discussion } from './discussion.ts'
import { askedFor, lastSeen } from './discussion.ts'

/** What a runner made in the worktree of its task. */
export type Made = {
  summary: string
  checks: CheckResult[]
  /** What the checks reported, for the body of the change and the result. */
  reports?: Reports | undefined
  steps: number
  model: string
  scripted: boolean
  /** Who made it, where that was no model of ours. */
  maker?: string
  /** What had been said about the change when the work began. */
  discussion?: Discussion | undefined
  /** What the work says to each comment. */
  answers?: Answer[]
}

/**
 * Commits what is in the worktree and opens the task's change with it, or a revision of it. Work that
 * changed nothing fails for good: it is finished, so another attempt would only say the same.
 */
export async function propose(work: Work, space: TaskWorkspace, made: Made): Promise<Outcome> {
  const { lease } = work
  const { task } = lease
  const { summary, checks, reports, discussion, answers = [] } = made
  const patient = { signal: lease.signal, timeoutMs: 600_000 }
  const result = { summary, checks, ...(reports ? { reports } : {}) }
  await space.commit(`${task.title}\n\n${summary}`)
  const asked = {
    ...{ task: task.id, title: task.title, body: bodyOf(made), summary, checks, answers },
    ...(discussion ? { seen: lastSeen(discussion) } : {}),
    ...(task.params.draft === true ? { draft: true } : {}),
  }
  const opened = lease.hub.call<Change>('change_open', asked, patient)
  const change = await opened.catch(unlessEmpty)
  if (!change) {
    const message = `nothing was changed, so there is nothing to propose. What was said of it: ${summary}`
    const failure = { code: 'unchanged', message: message.slice(0, 8000) }
    return { outcome: 'failed', failure, result, retryable: false }
  }
  const { diff } = await lease.hub.call<{ diff: string }>(
    'change_read',
    { change: change.id, max_bytes: 1_048_576 },
    { signal: lease.signal },
  )
  await lease.keep('changes.patch', diff || '\n', 'text/x-patch')
  await lease.keep('checks.json', JSON.stringify(checks, null, 2), 'application/json')
  await lease.log.say(
    `change ${change.id}, revision ${change.revisions}, is ${change.draft ? 'a draft' : 'ready for review'}`,
  )
  return { outcome: 'proposed', result: { ...result, change: change.id } }
}

/** The hub says so where the branch has nothing that its target has not. */
function unlessEmpty(error: unknown): undefined {
  if (error instanceof HubError && error.details?.empty === true) return undefined
  throw error
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

/** The words of the change: what was done, by whom, what the checks said, and what is still open. */
function bodyOf({
  summary,
  checks,
  reports,
  steps,
  model,
  scripted,
  maker,
  discussion,
  answers = [],
}: Made): string {
  const made = scripted ? 'a scripted model (a fixed policy, no AI)' : `the model ${model}`
  const open = (discussion ? askedFor(discussion) : []).filter(
    ({ number }) => !answers.some(({ comment }) => comment === number),
  )
  return [
    summary,
    '',
    `Made by ${maker ?? made} in ${steps} steps.`,
    '',
    `Checks: ${summaryLine(checks) || 'none were found'}`,
    ...reportLines(reports).map((line) => `- ${line}`),
    ...(open.length > 0
      ? ['', `Not answered: ${open.map(({ number }) => `#${number}`).join(', ')}`]
      : []),
  ].join('\n')
}
