import { HubError } from '../../schemas/errors.ts'
import type { Outcome, Work } from '../attempt.ts'
import { inputsEnvironment } from '../inputs.ts'
import { runCommand } from '../processes.ts'
import { openWorkspace } from '../workspace/workspace.ts'

/** Template `command`: one command line, in the repository's worktree when the task names one. */
export async function runCommandTask(work: Work): Promise<Outcome> {
  const { lease, signal, folder } = work
  const { command } = lease.task.params
  if (typeof command !== 'string') throw new HubError('invalid', 'the task has no `command`')
  const cwd = lease.task.repo === undefined ? folder : (await openWorkspace(work)).path
  if (lease.number > 1) await lease.log.say('the command begins again from its start')
  await lease.log.say(`$ ${command}`)
  const result = await runCommand(command, {
    cwd,
    signal,
    timeoutMs: lease.task.timeoutMs,
    env: await inputsEnvironment(folder, lease.task),
    onOutput: (stream, bytes) => lease.log.write(stream, bytes),
  })
  const lastLine = result.tail.trimEnd().split('\n').at(-1) ?? ''
  const summary = `exit code ${result.exitCode ?? 'none'} after ${result.durationMs} ms${lastLine ? `: ${lastLine.slice(0, 500)}` : ''}`
  await lease.log.say(summary)
  const kept = { summary, exitCode: result.exitCode }
  if (result.exitCode === 0) return { outcome: 'succeeded', result: kept }
  const failure = { code: result.timedOut ? 'timeout' : 'exit', message: summary }
  return { outcome: 'failed', failure, result: kept, retryable: true }
}
