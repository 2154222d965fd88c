import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { deployFolder, readYaml } from '../deploy-files.ts'
import { until } from '../hub.ts'
import { makeAuthority } from '../kubernetes/certificates.ts'
import { end } from '../kubernetes/processes.ts'
import type { Machine } from './network.ts'
import { addMachine, layBridge, outside } from './network.ts'
import type { Programs } from './programs.ts'

const port = 8443
const policy = join(deployFolder, 'headscale', 'policy.hujson')

/** A machine in the mesh. */
export type Member = Machine & {
  /** Its address there. */
  mesh: string
  /** Where its tailscaled is asked. */
  socket: string
  tailscale(...args: string[]): Promise<string>
  /** Goes into the mesh again after `tailscale down`, which wants to hear all that was set before. */
  up(): Promise<string>
}

export type Mesh = {
  /** What the control server says to a command of its own. */
  headscale(...args: string[]): Promise<string>
  /** Brings a machine into the mesh, as one of a user or of these tags. The user 1 is ada. */
  join(name: string, as?: { tags?: string[]; user?: string }): Promise<Member>
  stop(): Promise<void>
}

/** A Headscale with the configuration and the policy of `deploy/`, on networks of the test's own. */
export async function startMesh(programs: Programs): Promise<Mesh> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mesh-'))
  const at = (name: string) => join(folder, name)
  const children: ChildProcess[] = []
  const machines: Machine[] = []
  let last = 1 // End of the address of the machine that came last; the bridge has the first.
  const removeBridge = layBridge()
  const authority = makeAuthority(folder)
  const serving = authority.issue('serving', `/CN=${outside}`, [`IP:${outside}`])
  writeFileSync(at('config.yaml'), stringify(configOf(folder, serving)))
  const env = {
    ...process.env,
    // Programs in Go take this for the authorities that the system trusts.
    SSL_CERT_FILE: authority.ca,
    // The file system is this machine's: its resolver must hear of no link that is not its own.
    DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${at('none')}`,
    TS_LOGS_DIR: folder, // Else it writes to that of the machine's own tailscaled.
  }
  const start = (name: string, [program = '', ...args]: string[]) => {
    const log = openSync(at(`${name}.log`), 'a')
    children.push(spawn(program, args, { env, stdio: ['ignore', log, log] }))
    closeSync(log)
  }
  const headscale = async (...args: string[]) => {
    const all = ['--config', at('config.yaml'), ...args]
    return (await promisify(execFile)(programs.headscale, all, { timeout: 60_000 })).stdout.trim()
  }
  await headscale('configtest')
  start('headscale', [programs.headscale, '--config', at('config.yaml'), 'serve'])
  await until(() => headscale('health').then(...isDone))
  await headscale('users', 'create', 'ada')
  await headscale('policy', 'check', '--file', policy)

  const addMember: Mesh['join'] = async (name, { tags = [], user = '1' } = {}) => {
    const machine = await addMachine(name, ++last)
    machines.push(machine)
    const socket = at(`${name}.sock`)
    mkdirSync(at(name))
    const daemon = ['--tun', 'tailscale0', '--statedir', at(name), '--socket', socket]
    start(name, [...machine.inside, programs.tailscaled, ...daemon, '--no-logs-no-support'])
    const tailscale = (...args: string[]) =>
      machine.run(programs.tailscale, `--socket=${socket}`, ...args)
    await until(() => tailscale('status', '--json').then(...isDone))
    const tagged = tags.length > 0 ? ['--tags', tags.join()] : []
    const key = await headscale('preauthkeys', 'create', '--user', user, ...tagged)
    const server = `https://${outside}:${port}`
    const up = (...more: string[]) => {
      // It would write /etc/resolv.conf, which is this machine's.
      const options = ['--login-server', server, '--hostname', name, '--accept-dns=false']
      return tailscale('up', ...options, '--timeout', '180s', ...more)
    }
    await up('--auth-key', key)
    const mesh = (await tailscale('ip', '-4')).trim()
    return { ...machine, mesh, socket, tailscale, up: () => up() }
  }
  return {
    headscale,
    join: addMember,
    async stop() {
      for (const child of children.toReversed()) await end(child)
      for (const machine of machines) await machine.stop()
      removeBridge()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** That of `deploy/`, but for its address, its certificate and its files. */
function configOf(folder: string, serving: { cert: string; key: string }): object {
  const [given] = readYaml('headscale', 'config.yaml') as [Record<string, object>] // One document.
  const text = JSON.stringify(given).replaceAll('/var/lib/headscale', folder)
  const config = JSON.parse(text) as Record<string, object>
  const withoutAuthority = Object.entries(config).filter(
    ([name]) => !name.startsWith('tls_letsencrypt'),
  )
  return {
    ...Object.fromEntries(withoutAuthority),
    server_url: `https://${outside}:${port}`,
    listen_addr: `${outside}:${port}`,
    tls_cert_path: serving.cert,
    tls_key_path: serving.key,
    policy: { mode: 'file', path: policy },
    unix_socket: join(folder, 'headscale.sock'),
  }
}

const isDone = [() => true, () => false] as const
