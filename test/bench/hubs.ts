import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Front } from './fronts.ts'
import { openHttpFront, openSseFront } from './fronts.ts'

export type Upstream = { command: string[] } | { url: string }
export type Running = {
  pid: number
  /** Opens what serves all tools, or only those of the one upstream. */
  open(only?: 'upstream'): Promise<Front>
  tool: string
  stop(): Promise<void>
}
export type Contender = {
  name: string
  /** Undefined where it cannot stand before such an upstream. */
  start(upstream: Upstream, folder: string): Promise<Running> | undefined
}

/** Other hubs that npm installs, at the versions that were current when this was written. */
const packages = ['mcp-hub@4.2.1', 'mcp-proxy@6.7.19', 'supergateway@4.0.0']

const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchyard.js')

const entryOf = (upstream: Upstream) =>
  'url' in upstream ? upstream : { command: upstream.command[0], args: upstream.command.slice(1) }

/** Installs the others beside each other, outside of the project, and returns where. */
export function installOthers(folder: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: folder,
    stdio: 'ignore',
  })
  return join(folder, 'node_modules')
}

export const contenders = (modules: string): Contender[] => [
  {
    name: 'switchyard',
    start: (upstream, folder) =>
      startOther(folder, (port) => {
        const mcpServers = { up: entryOf(upstream) }
        writeFileSync(join(folder, 'switchyard.json'), JSON.stringify({ mcpServers }))
        const options = ['--data', folder, '--port', `${port}`]
        const token = () => readFileSync(join(folder, 'token'), 'utf8').trim()
        return {
          args: [
            '--max-semi-space-size=2',
            '--v8-pool-size=1',
            bin,
            'start',
            ...options,
            '--dispatch',
            'off',
            '--log-level',
            'silent',
          ],
          tool: 'up_echo',
          open: async (only) =>
            openHttpFront(`http://127.0.0.1:${port}/mcp${only ? '/up' : ''}`, token()),
        }
      }),
  },
  {
    name: 'mcp-hub',
    start: (upstream, folder) =>
      startOther(folder, (port) => {
        const file = join(folder, 'config.json')
        writeFileSync(file, JSON.stringify({ mcpServers: { up: entryOf(upstream) } }))
        const args = [
          join(modules, 'mcp-hub', 'dist', 'cli.js'),
          '--port',
          `${port}`,
          '--config',
          file,
        ]
        return { args, tool: 'up__echo', open: () => openSseFront(`http://127.0.0.1:${port}/mcp`) }
      }),
  },
  {
    name: 'mcp-proxy',
    start: (upstream, folder) =>
      'url' in upstream
        ? undefined
        : startOther(folder, (port) => ({
            args: [
              join(modules, 'mcp-proxy', 'dist', 'bin', 'mcp-proxy.mjs'),
              '--host',
              '127.0.0.1',
              '--port',
              `${port}`,
              '--',
              ...upstream.command,
            ],
            tool: 'echo',
            open: () => openHttpFront(`http://127.0.0.1:${port}/mcp`),
          })),
  },
  {
    name: 'supergateway',
    start: (upstream, folder) =>
      'url' in upstream
        ? undefined
        : startOther(folder, (port) => ({
            args: [
              join(modules, 'supergateway', 'dist', 'index.js'),
              '--stdio',
              upstream.command.join(' '),
              '--outputTransport',
              'streamableHttp',
              '--stateful',
              '--logLevel',
              'none',
              '--port',
              `${port}`,
            ],
            tool: 'echo',
            open: () => openHttpFront(`http://127.0.0.1:${port}/mcp`),
          })),
  },
]

type Other = { args: string[]; tool: string; open(only?: 'upstream'): Promise<Front> }

async function startOther(folder: string, describe: (port: number) => Other): Promise<Running> {
  mkdirSync(folder, { recursive: true })
  const { args, tool, open } = describe(await freePort())
  const child = spawn(process.execPath, args, { stdio: 'ignore', detached: true })
  return {
    pid: child.pid ?? 0,
    tool,
    open: (only) => patiently(() => open(only)),
    stop: () => end(child),
  }
}

/** They say in different ways, or not at all, that they listen: asking is the same for all. */
async function patiently(open: () => Promise<Front>): Promise<Front> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  await new Promise((resolve) => server.close(resolve))
  return port
}
