import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Launch } from './launch.ts'
import { spawned } from './output.ts'
import { signalProcess, snapshot } from './processes.ts'

const goneMs = 250

type Tell = (exitCode: number | null, reason: string) => void

/** Starts a program in a process group of its own, with its output in a file, and says which process it is. */
export async function startProgram(
  { program, args, home, env }: Launch,
  logFile: string,
): Promise<{ child: ChildProcess; pid: number; started: string }> {
  const output = openSync(logFile, 'a', 0o600)
  const child = spawn(program, args, {
    cwd: home,
    env,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  await spawned(child, program)
  const pid = child.pid ?? 0 // Set once `spawn` was emitted.
  const started = (await snapshot()).get(pid)?.started ?? ''
  return { child, pid, started }
}

/** Tells how a child ends, or has ended already. */
export function onExit(child: ChildProcess, tell: Tell): void {
  child.once('exit', (exitCode, signal) => tell(exitCode, signal ? `killed by ${signal}` : ''))
  if (child.exitCode !== null || child.signalCode !== null)
    tell(child.exitCode, child.signalCode ?? '')
}

/** Tells when a process is gone that is no child, for as long as somebody wants to know. */
export function onGone(pid: number, isWanted: () => boolean, tell: Tell): void {
  const poll = setInterval(() => {
    if (isWanted() && signalProcess(pid, 0)) return
    clearInterval(poll)
    if (isWanted()) tell(null, 'ended while the hub that started it was gone')
  }, goneMs)
}
