import { spawn } from 'node:child_process'
import { runnerPrefix } from '../schemas/runner.ts'

export type CommandResult = {
  exitCode: number | null
  timedOut: boolean
  durationMs: number
  tail: string
}

const tailBytes = 256 * 1024
const graceMs = 1500

/**
 * Runs a command line with the system's shell, or a list of arguments without one, in a process group of its own, handing output on as
 * it comes. The group is ended as a whole at the deadline or when `signal` aborts. Keeps the end of
 * the output for summaries.
 */
export async function runCommand(
  command: string | [string, ...string[]],
  options: {
    cwd: string
    signal: AbortSignal
    timeoutMs: number
    env?: Record<string, string>
    onOutput(stream: 'out' | 'err', bytes: Buffer): Promise<void>
  },
): Promise<CommandResult> {
  const { cwd, signal, timeoutMs, onOutput } = options
  signal.throwIfAborted()
  const startedAt = performance.now()
  const [program, ...args] =
    typeof command === 'string' ? (['/bin/sh', '-c', command] as const) : command
  const child = spawn(program, args, {
    cwd,
    env: programEnvironment(options.env),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const tail = new Tail(tailBytes)
  let timedOut = false
  const stop = () => endGroup(child.pid)
  const timer = setTimeout(() => {
    timedOut = true
    stop()
  }, timeoutMs)
  signal.addEventListener('abort', stop, { once: true })
  const forward = async (stream: 'out' | 'err', source: AsyncIterable<Buffer>) => {
    for await (const bytes of source) {
      tail.add(bytes)
      await onOutput(stream, bytes)
    }
  }
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // What the command left running in the background would hold its pipes open for ever.
  child.once('exit', () => setTimeout(stop, graceMs).unref())
  try {
    const [exitCode] = await Promise.all([
      exited,
      forward('out', child.stdout),
      forward('err', child.stderr),
    ])
    signal.throwIfAborted()
    return {
      exitCode,
      timedOut,
      durationMs: Math.round(performance.now() - startedAt),
      tail: tail.text(),
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** The environment of a program that the agent runs: its own, but for what only the agent was told. */
export const programEnvironment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(
    ([name]) => !hidden.includes(name) && !name.startsWith(runnerPrefix),
  )
  return { ...Object.fromEntries(own), ...more }
}

const hidden = [
  'SWITCHYARD_TOKEN',
  'SWITCHYARD_TOKEN_FILE',
  'SWITCHYARD_ALIVE',
  'SWITCHYARD_METRICS_PORT',
  'SWITCHYARD_ENDPOINT',
  'SWITCHYARD_URL',
  'SWITCHYARD_HUB_CA',
  'SWITCHYARD_TASK',
  'SWITCHYARD_WORK',
  'SWITCHYARD_CACHE',
  'SWITCHYARD_GIT',
  'NODE_COMPILE_CACHE',
]

/** Ends a process and all of its group: politely, and by force a moment later. */
export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Gone already.
    }
  }
  signalGroup('SIGTERM')
  setTimeout(() => signalGroup('SIGKILL'), graceMs).unref()
}

/** The last bytes of a stream, in bounded memory. */
class Tail {
  readonly #limit: number
  #chunks: Buffer[] = []
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#size += bytes.length
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= this.#limit)
      this.#size -= this.#chunks.shift()?.length ?? 0
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** Runs a program and returns what it printed on standard output, up to a bound. */
export async function captureOutput(
  command: [string, ...string[]],
  options: { cwd: string; signal: AbortSignal; timeoutMs: number; maxBytes: number },
): Promise<{ exitCode: number | null; output: string; truncated: boolean }> {
  const { maxBytes, ...rest } = options
  const chunks: Buffer[] = []
  let size = 0
  const { exitCode } = await runCommand(command, {
    ...rest,
    onOutput: async (stream, bytes) => {
      if (stream === 'out' && size < maxBytes) chunks.push(bytes.subarray(0, maxBytes - size))
      if (stream === 'out') size += bytes.length
    },
  })
  return { exitCode, output: Buffer.concat(chunks).toString('utf8'), truncated: size > maxBytes }
}
