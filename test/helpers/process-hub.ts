import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HubClient } from '../../agent/hub-client.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchyard.js')

/** A hub as a process of its own, so that it can be killed as a crash would. */
export class ProcessHub {
  readonly data: string
  readonly #args: string[]
  #child: ReturnType<typeof spawn> | undefined
  url = ''
  link = ''

  constructor(data: string, args: string[] = []) {
    this.data = data
    this.#args = args
  }

  /** Resolves with the milliseconds until the hub said that it listens. */
  async start(): Promise<number> {
    const startedAt = performance.now()
    const args = [
      '--max-semi-space-size=2', // As `npm start` has it.
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
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
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
