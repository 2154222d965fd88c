import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { makeFolder } from './folder.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchyard.js')

/** `switchyard agent` as on another machine: it knows the address of the hub, a token, and its own folder. */
export class RemoteAgent {
  readonly folder = makeFolder('agent')
  output = ''
  readonly #hub: { url: string; token: string }
  #child: ReturnType<typeof spawn> | undefined

  constructor(hub: { url: string; token: string }) {
    this.#hub = hub
    onTestFinished(() => this.kill())
  }

  /** `prefix` is a program that starts it, such as one that hides folders from it. */
  start({ prefix = [], args = ['--remote'] }: { prefix?: string[]; args?: string[] } = {}): void {
    const whole = [...prefix, process.execPath, bin, 'agent', '--data', this.folder, ...args]
    const [program = '', ...rest] = whole
    const { PATH = '', HOME = '' } = process.env
    const child = spawn(program, rest, {
      cwd: this.folder,
      env: { PATH, HOME, SWITCHYARD_URL: this.#hub.url, SWITCHYARD_TOKEN: this.#hub.token },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const keep = (chunk: Buffer) => void (this.output += chunk.toString('utf8'))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#child = child
  }

  tree(task: string): string {
    return join(this.folder, 'work', task, 'tree')
  }

  hasTree(task: string): boolean {
    return existsSync(join(this.tree(task), '.git', 'HEAD'))
  }

  /** With all that it started, as when its machine goes away. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await gone
  }
}
