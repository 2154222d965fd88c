import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestReport } from '../../schemas/report.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Work } from '../attempt.ts'
import { runCommand } from '../processes.ts'
import { GoTestOutput } from '../results/go-test.ts'
import { StepCache } from './cache.ts'
import type { Step } from './steps.ts'
import { readOutput } from './output.ts'
import { quoted } from './reporting.ts'

const stepTimeoutMs = 1_800_000

/** Where runners are told to write their reports: beside the worktree, so nobody commits them. */
export const reportFolder = ({ folder }: Pick<Work, 'folder'>): string => join(folder, 'reports')

/**
 * Runs steps in order, logging as they go. When a set-up step fails, what follows is skipped. What a
 * runner counts on the way and writes to no file is added to `counted`.
 */
export async function runSteps(
  work: Work,
  cwd: string,
  steps: Step[],
  counted: TestReport[] = [],
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  await mkdir(reportFolder(work), { recursive: true })
  const cache = StepCache.of(work.lease.task.repo, cwd, work.signal)
  let broken = false
  for (const step of steps) {
    const { name, command, kind } = step
    if (broken) {
      results.push({ name, command, state: 'skipped', exitCode: null, durationMs: 0, failures: [] })
      continue
    }
    const result = await runCached(work, cwd, step, cache, counted)
    broken = kind === 'setup' && result.state === 'failed'
    results.push(result)
  }
  return results
}

/** Runs a step, or takes what it would make from the cache; keeps what it made. */
async function runCached(
  work: Work,
  cwd: string,
  step: Step,
  cache: StepCache | undefined,
  counted: TestReport[],
): Promise<CheckResult> {
  const { lease } = work
  const key = step.cache && (await cache?.key(step.command, step.cache))
  if (!step.cache || !cache || key === undefined) return runStep(work, cwd, step, counted)
  const startedAt = performance.now()
  const restored = await cache.restore(key, step.cache)
  const durationMs = Math.round(performance.now() - startedAt)
  if (restored !== undefined) {
    await lease.log.say(
      `${step.cache.paths.join(', ')}: ${megabytes(restored)} from the cache of an earlier run in ${durationMs} ms`,
    )
    const { name, command } = step
    if (step.cache.replaces)
      return { name, command, state: 'passed', exitCode: 0, durationMs, failures: [] }
  }
  const result = await runStep(work, cwd, step, counted)
  if (restored !== undefined || (step.cache.replaces && result.state !== 'passed')) return result
  const saved = await cache.save(key, step.cache)
  if (saved !== undefined)
    await lease.log.say(`${step.cache.paths.join(', ')}: ${megabytes(saved)} kept for later runs`)
  return result
}

async function runStep(
  work: Work,
  cwd: string,
  { name, command: usual, kind, reporting }: Step,
  counted: TestReport[],
): Promise<CheckResult> {
  const { lease, signal } = work
  const { command = usual, env = {}, output } = reporting?.(reportFolder(work)) ?? {}
  const go = output === 'go-json' ? new GoTestOutput() : undefined
  await lease.log.say(`$ ${typeof command === 'string' ? command : command.map(shown).join(' ')}`)
  const run = await runCommand(command, {
    cwd,
    env,
    signal,
    timeoutMs: stepTimeoutMs,
    onOutput: (stream, bytes) =>
      lease.log.write(stream, go && stream === 'out' ? Buffer.from(go.add(bytes)) : bytes),
  })
  if (go) {
    await lease.log.write('out', Buffer.from(go.end()))
    counted.push(go.report())
  }
  const passed = run.exitCode === 0
  const { counts, failures } = go ? goReading(go.report()) : readOutput(run.tail, passed)
  await lease.log.say(
    `${name} ${passed ? 'passed' : `failed with exit code ${run.exitCode ?? 'none'}`} after ${run.durationMs} ms`,
  )
  return {
    name,
    command: usual,
    state: passed ? 'passed' : 'failed',
    exitCode: run.exitCode,
    durationMs: run.durationMs,
    ...(counts && kind === 'check' ? { counts } : {}),
    failures: run.timedOut
      ? ['the step ran into its time limit', ...failures].slice(0, 20)
      : failures,
  }
}

const goReading = ({ passed, failed, failures }: TestReport) => ({
  counts: { passed, failed },
  failures: failures
    .slice(0, 10)
    .map(({ name, message }) =>
      `${name}${message ? `: ${message.split('\n')[0]}` : ''}`.slice(0, 300),
    ),
})

/** An argument as a shell would take it, for people to read. */
const shown = (argument: string) => (/^[\w./:=@%+-]+$/.test(argument) ? argument : quoted(argument))

const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MB`
