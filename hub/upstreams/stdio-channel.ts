import type { Params } from '../rpc/protocol.ts'
import { spawn } from 'node:child_process'
import type { Channel, ChannelEvents, Exchange, Pending } from './channel.ts'
import { Duplex } from './duplex.ts'
import { lineSplitter } from './lines.ts'

type Command = {
  command: string
  args: string[]
  env: Record<string, string>
  cwd?: string | undefined
}

const maxLineChars = 16 * 1024 * 1024
const keptErrorChars = 2000
const patienceMs = 800
const passed = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER', 'SHELL', 'TERM']

/** An upstream as a child process, a JSON-RPC message a line on its pipes. */
export class StdioChannel implements Channel {
  protocol: string | undefined
  readonly #child: ReturnType<typeof start>
  readonly #duplex: Duplex
  #said = ''
  #unsent = ''

  constructor(command: Command, events: ChannelEvents) {
    this.#duplex = new Duplex(events, (text) => this.#write(text))
    const child = start(command)
    this.#child = child
    // One that ended before it was written to says why with its end, a moment later.
    child.stdin.on('error', (error) =>
      setTimeout(() => this.#duplex.end(error.message), patienceMs).unref(),
    )
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString('utf8')).slice(-keptErrorChars)
    })
    child.on('error', (error) => this.#duplex.end(error.message))
    child.on('close', (code, signal) => {
      this.#duplex.end(`exit ${signal ?? code ?? ''} ${causeIn(this.#said)}`.trim())
    })
    const receive = (line: string) => this.#duplex.receive(line)
    child.stdout.on(
      'data',
      lineSplitter(maxLineChars, receive, () => kill(child.pid)),
    )
  }

  request(method: string, params: string, exchange: Exchange): Pending {
    return this.#duplex.request(method, params, exchange)
  }

  async notify(method: string, params: Params): Promise<void> {
    this.#duplex.send({ method, params })
  }

  async close(): Promise<void> {
    // A well-behaved server ends with its input; the others are ended.
    const timer = setTimeout(() => kill(this.#child.pid), patienceMs)
    this.#child.stdin.end(this.#unsent)
    this.#unsent = ''
    if (!this.#duplex.hasEnded) await new Promise((resolve) => this.#child.once('close', resolve))
    clearTimeout(timer)
  }

  #write(text: string): void {
    // What is sent in one turn leaves as one string in one system call.
    if (this.#unsent === '') setImmediate(this.#flush)
    this.#unsent += `${text}\n`
  }

  readonly #flush = (): void => {
    const text = this.#unsent
    this.#unsent = ''
    if (text !== '') this.#child.stdin.write(text)
  }
}

function start({ command, args, env, cwd }: Command) {
  const inherited = passed.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  )
  return spawn(command, args, {
    env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...env }, // Set ones only.
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
}

/** The line that names an error, as most runtimes write one before a stack or their version; else the last. */
function causeIn(said: string): string {
  const lines = said.trim().split('\n')
  return (lines.findLast((line) => namesError.test(line)) ?? lines.at(-1) ?? '').trim()
}
const namesError = /^\s*(?:[\w.]*(?:Error|Exception)\b|(?:error|fatal|panic)\b)/

function kill(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Gone already.
  }
}
