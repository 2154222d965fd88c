import { spawn } from 'node:child_process'
import { HubError } from '../../schemas/errors.ts'

export type RunOptions = {
  cwd?: string
  env?: Record<string, string>
  input?: string | Uint8Array
  timeoutMs?: number
  /** Output beyond this many bytes, over both streams, is dropped and `truncated` is set. */
  maxBytes?: number
  signal?: AbortSignal
}

export type RunResult = {
  exitCode: number | null
  stdout: Buffer
  stderr: Buffer
  truncated: boolean
  timedOut: boolean
}

/**
 * Runs a program to its end: no shell, an argument list, a deadline, a cap on output, and a
 * process group of its own that is killed as a whole. A program that fails is a result; one that
 * cannot be started is an error.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env = {}, input, timeoutMs = 60_000, maxBytes = 8 * 1024 * 1024, signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(stopped(command))
    if (args.some((arg) => arg.includes('\0'))) return reject(zeroByte(command))
    const child = spawn(command, args, { cwd, env, detached: true, stdio: 'pipe' })
    const out: Buffer[] = []
    const err: Buffer[] = []
    let room = maxBytes
    let truncated = false
    let timedOut = false
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      if (chunk.length > room) truncated = true
      if (room > 0) into.push(chunk.subarray(0, room))
      room = Math.max(0, room - chunk.length)
    }
    child.stdout.on('data', keep(out))
    child.stderr.on('data', keep(err))
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(error) // A program may end before it reads its input.
    })
    child.stdin.end(input)
    const timer = setTimeout(() => {
      timedOut = true
      killGroup(child.pid)
    }, timeoutMs)
    const abort = () => killGroup(child.pid)
    signal?.addEventListener('abort', abort, { once: true })
    const release = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    child.on('error', (error) => {
      release()
      reject(
        new HubError('unavailable', `cannot run ${command}: ${error.message}`, { cause: error }),
      )
    })
    child.on('close', (exitCode) => {
      release()
      if (signal?.aborted) return reject(stopped(command))
      const [stdout, stderr] = [Buffer.concat(out), Buffer.concat(err)]
      resolve({ exitCode, stdout, stderr, truncated, timedOut })
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Already gone is the aim.
  }
}

const zeroByte = (command: string) =>
  new HubError('invalid', `an argument for ${command} contains a zero byte`)
const stopped = (command: string) => new HubError('canceled', `${command} was stopped`)
