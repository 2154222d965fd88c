import type { ChildProcess } from 'node:child_process'

/** Ends a process at once: parts of Kubernetes linger on open watches when they are asked to end. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
