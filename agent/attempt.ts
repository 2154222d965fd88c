import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attempt, TaskFailure, TaskResult } from '../schemas/task.ts'
import { HubError } from '../schemas/errors.ts'
import { builtInRunner } from '../schemas/runner.ts'
import type { HubClient } from './hub-client.ts'
import type { Granted } from './lease.ts'
import { keepWork } from './kept-work.ts'
import { Lease } from './lease.ts'
import { Measures } from './measures.ts'

/** How an attempt ended, as it is reported. */
export type Outcome =
  | { outcome: 'succeeded' | 'proposed'; result: TaskResult }
  | { outcome: 'failed'; failure: TaskFailure; result?: TaskResult; retryable: boolean }

/** What a runner works with. `folder` is the task's own and outlives the attempt. */
export type Work = { lease: Lease; folder: string; signal: AbortSignal }

/** Carries out one claimed task from first heartbeat to report. */
export async function runAttempt(
  hub: HubClient,
  granted: Granted,
  options: { workRoot: string; stop: AbortSignal; measures?: Measures },
): Promise<void> {
  const lease = new Lease(hub, granted, options.stop, options.measures ?? new Measures())
  const folder = options.workRoot
  await mkdir(folder, { recursive: true })
  try {
    await lease.begin()
    await lease.log.say(`attempt ${lease.number} of ${lease.task.title} (${lease.task.template})`)
    await sayWhatEnded(lease)
    const limitMs = Math.min(lease.task.timeoutMs, granted.timeLeftMs ?? Infinity)
    const limit = AbortSignal.timeout(limitMs)
    const outcome = await runTemplate({
      lease,
      folder,
      signal: AbortSignal.any([lease.signal, limit]),
    }).catch((error: unknown) =>
      limit.aborted && !lease.signal.aborted
        ? limitMs === granted.timeLeftMs
          ? overBudget('the time that the task may take is over')
          : overTime(lease.task.timeoutMs)
        : asFailure(error, lease.signal),
    )
    if (outcome.outcome === 'failed' && outcome.failure.code === 'budget')
      await keepWork({ lease, folder })
    await lease.log.flush()
    await lease.call('task_report', { ...outcome })
  } catch (error) {
    if (!lease.signal.aborted) throw error
    // Told to stop: hand the lease back, so that the next attempt need not wait for it to run out.
    if (options.stop.aborted) await release(lease)
  } finally {
    lease.end()
  }
}

/** Who reads the log sees why the work begins again. */
async function sayWhatEnded({
  hub,
  task: { id: task },
  number,
  log,
  signal,
}: Lease): Promise<void> {
  if (number === 1) return
  const { attempts } = await hub.call<{ attempts: Attempt[] }>('task_read', { task }, { signal })
  const last = attempts.find((attempt) => attempt.number === number - 1)
  if (last?.failure) await log.say(`attempt ${last.number} ended: ${last.failure.message}`)
}

// Loaded when needed: a command does not pay for the model loop's libraries.
async function runTemplate(work: Work): Promise<Outcome> {
  const { template, requirements } = work.lease.task
  const { runner = builtInRunner } = requirements
  switch (template) {
    case 'command':
      return (await import('./runners/command.ts')).runCommandTask(work)
    case 'ci':
      return (await import('./runners/ci.ts')).runCi(work)
    case 'code':
      if (runner === builtInRunner) return (await import('./runners/code.ts')).runCode(work)
      return (await import('./acp/runner.ts')).runExternal(work, runner)
    case 'review':
      return (await import('./runners/review.ts')).runReview(work)
    case 'docops':
      return (await import('./runners/docops.ts')).runDocops(work)
    case 'scan':
      return (await import('./runners/scan.ts')).runScan(work)
    case 'ml':
      return (await import('./runners/ml.ts')).runExperiment(work)
    case 'index':
      return (await import('./runners/index-source.ts')).runIndex(work)
    default:
      if (template.startsWith('repo:'))
        return (await import('./runners/repository-template.ts')).runRepositoryTemplate(work)
      throw new HubError('unsupported', `this agent does not know the template ${template}`)
  }
}

/** What went wrong as a report; a lost lease or a stop is no outcome and is thrown on. */
function asFailure(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) throw error
  if (error instanceof HubError && error.details?.budget !== undefined)
    return overBudget(error.message)
  const code = error instanceof HubError ? error.code : 'internal'
  const message = error instanceof Error ? error.message : String(error)
  const retryable = !['invalid', 'denied', 'unsupported', 'not_found'].includes(code)
  return { outcome: 'failed', failure: { code, message: message.slice(0, 8000) }, retryable }
}

/** The hub holds the task with what is there, until there is room again. */
const overBudget = (why: string): Outcome => ({
  outcome: 'failed',
  failure: {
    code: 'budget',
    message: `${why}. Its work is kept: budget_set raises the budget, and the task goes on from here; task_retry has it try again at once`,
  },
  retryable: false,
})

const overTime = (timeoutMs: number): Outcome => ({
  outcome: 'failed',
  failure: { code: 'timeout', message: `the attempt took longer than ${timeoutMs} ms` },
  retryable: true,
})

async function release(lease: Lease): Promise<void> {
  const args = { task: lease.task.id, fence: lease.fence, reason: 'the agent was told to stop' }
  try {
    await lease.hub.call('task_release', args, { patienceMs: 1000, timeoutMs: 3000 })
  } catch (error) {
    // The lease runs out by itself; who reads the pod's output sees why.
    process.stderr.write(`the lease could not be handed back: ${String(error)}\n`)
  }
}

/** Folder of one task below a root that holds many. */
export const taskFolder = (root: string, task: string): string => join(root, task)
