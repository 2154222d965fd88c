import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HubClient } from '../../agent/hub-client.ts'
import { bin, ownEnvironment } from './command-line.ts'

/** A hub as a process of its own, so that it can be killed as a crash would. */
export class ProcessHub {
  readonly data: string
  readonly #args: string[]
  readonly #inside: string[]
  #child: ReturnType<typeof spawn> | undefined
  url = ''
  link = ''

  /** `inside`: a program that runs it, such as one that takes it into another network. */
  constructor(data: string, args: string[] = [], inside: string[] = []) {
    this.data = data
    this.#args = args
    this.#inside = inside
  }

  /** Resolves with the milliseconds until the hub said that it listens. */
  async start(): Promise<number> {
    const startedAt = performance.now()
    const [program = '', ...args] = [
      ...this.#inside,
      process.execPath,
      '--max-semi-space-size=2',
      '--v8-pool-size=1', // As `npm start` has it.
      bin,
      'start',
      '--data',
      this.data,
      '--port',
      '0',
      '--log-level',
      'error',
      ...this.#args,
    ]
    const child = spawn(program, args, {
      env: ownEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    let took = 0
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^switchyard listening on (\S+)$/.exec(line)?.[1]
      if (url) [this.url, took] = [url, performance.now() - startedAt]
      this.link = /^sign in: (\S+)$/.exec(line)?.[1] ?? ''
      if (this.link) return took
    }
    throw new Error(`the hub ended with code ${child.exitCode} before it listened`)
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get token(): string {
    return readFileSync(join(this.data, 'token'), 'utf8').trim()
  }

  /** Calls as the owner, patient across restarts. */
  client(patienceMs = 30_000): HubClient {
    return new HubClient(
      { endpointFile: join(this.data, 'run', 'endpoint'), token: this.token },
      patienceMs,
    )
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Drains; returns the exit code. */
  async stop(): Promise<number | null> {
    await this.#end('SIGTERM')
    return this.#child?.exitCode ?? null
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
}
