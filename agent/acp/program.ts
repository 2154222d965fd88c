import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { HubError } from '../../schemas/errors.ts'
import type { RunnerConfig } from '../../schemas/runner.ts'
import { runnerPrefix } from '../../schemas/runner.ts'
import { endGroup, programEnvironment } from '../processes.ts'

/** What `${hub:…}` stands for in a runner's configuration. */
export type HubReferences = { models: string; key: string; model: string }

export type Program = {
  input: Writable
  output: Readable
  /** Resolves once it has ended, with how. */
  ended: Promise<string>
  /** Ends it with everything it started, and resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts an external agent in the worktree, in a process group of its own. In a pod its home is a
 * folder of the task, because the pod's own is gone with the pod and the agent keeps its sessions there;
 * what it writes to standard error goes to the log.
 */
export async function startProgram(
  { command, args, env }: RunnerConfig,
  options: {
    cwd: string
    folder: string
    hub: HubReferences
    onError(bytes: Buffer): Promise<void>
  },
): Promise<Program> {
  const { cwd, folder, hub, onError } = options
  const resolved = Object.entries(env).map(([name, value]) => [name, resolve(value, hub)] as const)
  const home = process.env.SWITCHYARD_POD === undefined ? {} : { HOME: join(folder, 'agent-home') }
  if (home.HOME !== undefined) await mkdir(home.HOME, { recursive: true })
  const child = spawn(
    command,
    args.map((argument) => resolve(argument, hub)),
    {
      cwd,
      env: programEnvironment({ ...home, ...Object.fromEntries(resolved) }),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  await started(child, command)
  child.stdin.on('error', () => undefined) // It ended; `ended` says how.
  let isOver = false
  const ended = new Promise<string>((gone) => {
    child.once('exit', (code, signal) => {
      isOver = true
      // What it left running would hold its pipes open for ever.
      endGroup(child.pid)
      gone(signal ? `was ended by ${signal}` : `ended with exit code ${code ?? 'none'}`)
    })
  })
  const errors = (async () => {
    for await (const bytes of child.stderr) await onError(bytes as Buffer) // No encoding is set.
  })()
  errors.catch(() => child.stderr.destroy()) // The log failed, which its next writer hears of.
  return {
    input: child.stdin,
    output: child.stdout,
    ended,
    stop: async () => {
      if (!isOver) endGroup(child.pid) // Its number may be another's by now.
      await ended
    },
  }
}

function started(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  command: string,
): Promise<void> {
  return new Promise((resolved, reject) => {
    child.once('spawn', resolved)
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'ENOENT' ? 'is not installed here' : `cannot be started (${cause.code})`
      reject(
        new HubError('unsupported', `the agent's program ${JSON.stringify(command)} ${why}`, {
          hint: 'Install it on the PATH of the hub, outside of folders that pods do not see, or correct `command` in switchyard.json.',
          cause,
        }),
      )
    })
  })
}

/** `${env:NAME}` and `${hub:…}` replaced; no value reaches a message. */
function resolve(text: string, hub: HubReferences): string {
  return text.replace(
    /\$\{(?:env:(\w+)|hub:(models|key|model))\}/g,
    (_all, name: string | undefined, part: keyof HubReferences) => {
      if (name === undefined) return plainly(hub[part])
      const found = process.env[runnerPrefix + name] ?? process.env[name]
      if (found !== undefined) return found
      throw new HubError(
        'invalid',
        `the runner's configuration refers to ${name}, which is not set`,
        {
          hint: `Start the hub with ${name} set, or take the reference out of switchyard.json.`,
        },
      )
    },
  )
}

/** A task's model is anybody's text, and it may stand in a configuration that says what is allowed. */
function plainly(text: string): string {
  if (/^[\w./:@+-]*$/.test(text)) return text
  throw new HubError('invalid', `the model name ${JSON.stringify(text)} cannot be passed on`, {
    hint: 'Use letters, digits and . / : @ + - _ in it.',
  })
}
