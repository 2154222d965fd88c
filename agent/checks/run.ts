import type { CheckResult } from '../../schemas/task.ts'
import type { Work } from '../attempt.ts'
import { runCommand } from '../processes.ts'
import type { Step } from './detect.ts'
import { readOutput } from './output.ts'

const stepTimeoutMs = 1_800_000

/** Runs steps in order, logging as they go. When a set-up step fails, what follows is skipped. */
export async function runSteps(
  { lease, signal }: Work,
  cwd: string,
  steps: Step[],
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  let broken = false
  for (const { name, command, kind } of steps) {
    if (broken) {
      results.push({ name, command, state: 'skipped', exitCode: null, durationMs: 0, failures: [] })
      continue
    }
    await lease.log.say(`$ ${command}`)
    const run = await runCommand(command, {
      cwd,
      signal,
      timeoutMs: stepTimeoutMs,
      onOutput: (stream, bytes) => lease.log.write(stream, bytes),
    })
    const passed = run.exitCode === 0
    broken = kind === 'setup' && !passed
    const { counts, failures } = readOutput(run.tail, passed)
    results.push({
      name,
      command,
      state: passed ? 'passed' : 'failed',
      exitCode: run.exitCode,
      durationMs: run.durationMs,
      ...(counts && kind === 'check' ? { counts } : {}),
      failures: run.timedOut
        ? ['the step ran into its time limit', ...failures].slice(0, 20)
        : failures,
    })
    await lease.log.say(
      `${name} ${passed ? 'passed' : `failed with exit code ${run.exitCode ?? 'none'}`} after ${run.durationMs} ms`,
    )
  }
  return results
}
