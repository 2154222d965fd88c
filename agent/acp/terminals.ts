import { randomUUID } from 'node:crypto'
import { StringDecoder } from 'node:string_decoder'
import type {
  CreateTerminalRequest,
  TerminalExitStatus,
  TerminalOutputResponse,
} from '@agentclientprotocol/sdk'
import { HubError } from '../../schemas/errors.ts'
import { insideRoot } from '../jail.ts'
import type { LogWriter } from '../log-writer.ts'
import { runCommand } from '../processes.ts'

const maxTerminals = 16
const maxOutputChars = 1024 * 1024

type Terminal = {
  output: string
  truncated: boolean
  exit: TerminalExitStatus | undefined
  ended: Promise<TerminalExitStatus>
  kill: AbortController
}

/** Commands that an agent has its client run: in the worktree, in the log, and ended with the attempt. */
export class Terminals {
  readonly #at: { root: string; log: LogWriter; signal: AbortSignal; timeoutMs: number }
  readonly #open = new Map<string, Terminal>()

  constructor(at: { root: string; log: LogWriter; signal: AbortSignal; timeoutMs: number }) {
    this.#at = at
  }

  async create(asked: CreateTerminalRequest): Promise<{ terminalId: string }> {
    const { root, log, signal, timeoutMs } = this.#at
    if (this.#open.size >= maxTerminals)
      throw new HubError('exhausted', `${maxTerminals} terminals are open`, {
        hint: 'Release one with terminal/release.',
      })
    const cwd = await insideRoot(root, asked.cwd ?? '.')
    const command = lineOf(asked)
    const kill = new AbortController()
    const limit = Math.min(asked.outputByteLimit ?? maxOutputChars, maxOutputChars)
    await log.say(`$ ${command}`)
    const decoder = new StringDecoder('utf8')
    const keep = (bytes: Buffer) => {
      const all = terminal.output + decoder.write(bytes)
      terminal.truncated ||= all.length > limit
      terminal.output = all.slice(-limit)
    }
    const running = runCommand(command, {
      cwd,
      signal: AbortSignal.any([signal, kill.signal]),
      timeoutMs,
      env: Object.fromEntries((asked.env ?? []).map(({ name, value }) => [name, value])),
      onOutput: async (stream, bytes) => {
        keep(bytes)
        await log.write(stream, bytes)
      },
    })
    const ended = running.then(
      ({ exitCode, timedOut }) => ({ exitCode, signal: timedOut ? 'SIGTERM' : null }),
      (): TerminalExitStatus => ({ exitCode: null, signal: 'SIGTERM' }), // Ended by us, or with the attempt.
    )
    const terminal: Terminal = { output: '', truncated: false, exit: undefined, ended, kill }
    void ended.then((exit) => (terminal.exit = exit))
    const terminalId = randomUUID()
    this.#open.set(terminalId, terminal)
    return { terminalId }
  }

  output(id: string): TerminalOutputResponse {
    const { output, truncated, exit } = this.#find(id)
    return { output, truncated, ...(exit ? { exitStatus: exit } : {}) }
  }

  wait(id: string): Promise<TerminalExitStatus> {
    return this.#find(id).ended
  }

  kill(id: string): void {
    this.#find(id).kill.abort()
  }

  release(id: string): void {
    this.#find(id).kill.abort()
    this.#open.delete(id)
  }

  /** Ends what still runs. */
  close(): void {
    for (const { kill } of this.#open.values()) kill.abort()
    this.#open.clear()
  }

  #find(id: string): Terminal {
    const found = this.#open.get(id)
    if (found) return found
    throw new HubError('not_found', `there is no terminal ${JSON.stringify(id.slice(0, 60))}`)
  }
}

/** A program with arguments; without any, what agents give is a command line. */
const lineOf = ({ command, args = [] }: CreateTerminalRequest): string =>
  args.length === 0 ? command : [command, ...args].map(quote).join(' ')

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
