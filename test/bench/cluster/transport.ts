import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { makeAuthority } from '../../helpers/kubernetes/certificates.ts'

const pods = 10_000
const library = '@kubernetes/client-node@2.0.1'

type Measured = { done: number; ms: number; cpuMs: number; idleMb: number; mostMb: number }

/** The hub's transport and client-node alone, each in a process of its own, against the same API server. */
export async function benchTransport(): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'switchyard-api-'))
  const authority = makeAuthority(root)
  const { cert, key } = authority.issue('server', '/CN=api')
  const server = await startApi([String(pods), cert, key])
  const kubeconfig = join(root, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(configOf(server.port, authority.caData)))
  const lines = [
    'transport: the same pod read over TLS, and a list of 10,000 pods in pages of 500 (CPU of the client)',
    'client         MB idle   calls/s c1  CPU µs  conns   calls/s c16  CPU µs  conns   list ms  CPU ms  MB most',
  ]
  try {
    for (const { name, folder } of contenders(root)) {
      const run = async (task: string) => {
        const before = await server.connections()
        const measured = await runClient(name, task, kubeconfig, folder)
        return { ...measured, connections: (await server.connections()) - before }
      }
      const [one, many, list] = [await run('1'), await run('16'), await run('list')]
      if (list.done !== pods) throw new Error(`${name} listed ${list.done} of ${pods} pods`)
      lines.push(
        [
          name.padEnd(14),
          one.idleMb.toFixed(0).padStart(7),
          ...[one, many].map(({ done, ms, cpuMs, connections }) =>
            [
              ((1000 * done) / ms).toFixed(0).padStart(12),
              ((1000 * cpuMs) / done).toFixed(0).padStart(7),
              String(connections).padStart(6),
            ].join(' '),
          ),
          list.ms.toFixed(0).padStart(9),
          list.cpuMs.toFixed(0).padStart(7),
          list.mostMb.toFixed(0).padStart(8),
        ].join(' '),
      )
    }
    if (lines.length < 4)
      lines.push(`${library} is not compared: it could not be installed from the registry`)
  } finally {
    server.stop()
    rmSync(root, { recursive: true, force: true })
  }
  return lines
}

/** The library is installed for this alone, outside of the project. */
function contenders(root: string): { name: string; folder: string }[] {
  const folder = join(root, 'library')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const ours = { name: 'transport', folder: '' }
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', library], {
      cwd: folder,
      stdio: 'ignore',
      timeout: 180_000,
    })
  } catch {
    return [ours] // No registry here, which the lines say.
  }
  return [ours, { name: 'client-node', folder }]
}

const runClient = async (
  name: string,
  task: string,
  kubeconfig: string,
  folder: string,
): Promise<Measured> => {
  const program = join(import.meta.dirname, 'api-client.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, name, task, kubeconfig, folder],
    { timeout: 120_000 },
  )
  return JSON.parse(stdout) as Measured // Printed by it.
}

async function startApi(args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'api-server.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = createInterface({ input: child.stdout })
  const next = (word: string) =>
    new Promise<number>((resolve) => {
      said.once('line', (line) => resolve(Number(line.replace(word, ''))))
    })
  const port = await next('listening ')
  return {
    port,
    connections: () => {
      const answer = next('connections ')
      child.kill('SIGUSR2')
      return answer
    },
    stop: () => void child.kill(),
  }
}

const configOf = (port: number, caData: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'bench',
  clusters: [
    {
      name: 'bench',
      cluster: {
        server: `https://127.0.0.1:${port}`,
        'certificate-authority-data': caData,
      },
    },
  ],
  users: [{ name: 'bench', user: { token: 'none' } }],
  contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
})
