import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../../../../schemas/config.ts'
import type { Egress as Policy } from '../../../../schemas/egress.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type { LocalIsolation } from '../isolation/isolation.ts'
import { Dials } from './dials.ts'

const proxyPort = 3128
/** The name of a socket has to fit into 108 bytes with its end. */
const maxPathBytes = 107
const maxTold = 50

/** How a program is started that has a network of its own. */
export type Confinement = {
  /** Shown to the pod. */
  folder: string
  env: Record<string, string>
  wrap(command: string[]): string[]
}

type Parts = {
  config(): Config
  dataDir: string
  codeRoot: string
  /** Hears of the first hosts that a pod was refused. */
  onRefused(pod: string, host: string): void
}

/** The ways out of pods whose org limits where they connect to; other pods share the machine's network. */
export class Egress {
  readonly #parts: Parts
  readonly #open = new Map<string, { server: Server; dials: Dials }>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What is enforced for pods of an org. */
  limitsOf(org: string, limits: string[]): string[] {
    return this.#policy(org) === 'all' ? limits : [...limits, 'egress']
  }

  /** Opens the way out of a pod that is about to start, where its org limits that. */
  async confine(
    pod: { id: string; org: string; folder: string; logFile: string },
    level: LocalIsolation,
  ) {
    if (this.#policy(pod.org) === 'all') return
    if (level !== 'bwrap' && level !== 'userns')
      throw new HubError(
        'unsupported',
        `the org ${pod.org} limits where its pods connect to, which isolation ${level} cannot hold`,
        { hint: 'Use bwrap or userns, or set `egress` of the org to all.' },
      )
    mkdirSync(this.#folder(pod.folder), { recursive: true })
    await this.#listen(pod)
  }

  /** Opens it again for a pod that an earlier hub process confined. */
  async resume(pod: { id: string; org: string; folder: string; logFile: string }): Promise<void> {
    if (existsSync(this.#folder(pod.folder))) await this.#listen(pod)
  }

  close(pod: string): void {
    const open = this.#open.get(pod)
    this.#open.delete(pod)
    open?.server.close()
    open?.server.closeAllConnections()
  }

  /** How to connect to a port of a pod that was confined. */
  wayInto(pod: string): ((port: number) => Promise<Socket | undefined>) | undefined {
    const open = this.#open.get(pod)
    return open && ((port) => open.dials.open(port))
  }

  /** What a program of that pod has to be started with; nothing for one that was not confined. */
  confinementOf(pod: string, podFolder: string): Confinement | undefined {
    if (!this.#open.has(pod)) return undefined
    const { dataDir, codeRoot } = this.#parts
    const folder = this.#folder(podFolder)
    const proxy = `http://127.0.0.1:${proxyPort}`
    const around = 'localhost,127.0.0.1,::1'
    const pairs = [
      ...['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [name, proxy]),
      ...['NO_PROXY', 'no_proxy'].map((name) => [name, around]),
      ['NODE_USE_ENV_PROXY', '1'],
    ]
    const bridge = join(codeRoot, 'servers', 'cluster', 'drivers', 'egress', 'bridge.ts')
    const endpoint = join(dataDir, 'run', 'endpoint')
    const start = [process.execPath, bridge, String(proxyPort), join(folder, 's'), endpoint, '--']
    return { folder, env: Object.fromEntries(pairs), wrap: (command) => [...start, ...command] }
  }

  async #listen(pod: { id: string; org: string; folder: string; logFile: string }): Promise<void> {
    const path = join(this.#folder(pod.folder), 's')
    if (Buffer.byteLength(path) > maxPathBytes)
      throw new HubError('unsupported', `${path} is too long for the name of a socket`, {
        hint: 'Use a data directory with a shorter path.',
      })
    const { dataDir } = this.#parts
    let told = 0
    const { egressProxy } = await import('./proxy.ts')
    const dials = new Dials()
    const server = egressProxy({
      dials,
      egress: () => this.#policy(pod.org),
      hub: () => new URL(readFileSync(join(dataDir, 'run', 'endpoint'), 'utf8').trim()),
      onDenied: (host) => {
        if (told++ >= maxTold) return
        const more = told === maxTold ? '; further ones are not told' : ''
        appendFileSync(
          pod.logFile,
          `[egress] ${host} is not allowed for the org ${pod.org}${more}\n`,
        )
        this.#parts.onRefused(pod.id, host)
      },
    })
    rmSync(path, { force: true }) // Of a hub that is gone.
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    server.unref()
    this.#open.set(pod.id, { server, dials })
  }

  #policy(org: string): Policy {
    return this.#parts.config().file.orgs[org]?.egress ?? 'all'
  }

  #folder(podFolder: string): string {
    return join(podFolder, 'net')
  }
}
