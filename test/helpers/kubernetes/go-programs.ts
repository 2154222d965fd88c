import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { go, programCache } from './binary.ts'

/** What stands in clusters beside Kubernetes, by the Go module that it is built of. */
const programs = {
  'agent-sandbox': {
    module: 'sigs.k8s.io/agent-sandbox',
    version: 'v0.5.6',
    command: 'agent-sandbox-controller',
  },
  'kube-router': {
    module: 'github.com/cloudnativelabs/kube-router/v2',
    version: 'v2.1.0',
    command: 'kube-router',
  },
} as const

export type GoProgram = keyof typeof programs
type Go = (...args: string[]) => Promise<string>

const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
const run = promisify(execFile)

/** Why a program cannot be had here: Go, or who has its module; undefined where it can. */
export function whyNoGoProgram(name: GoProgram): string | undefined {
  if (existsSync(place(name))) return undefined
  const tool = go()
  if (tool === undefined) return `${name} is built by Go, which is not on this machine`
  const { module, version } = programs[name]
  const cwd = moduleFolder(name)
  const asked = ['mod', 'download', module]
  const { status, stderr } = spawnSync(tool, asked, { cwd, env, timeout: 300_000 })
  rmSync(cwd, { recursive: true, force: true })
  const why = String(stderr).trim().split('\n').at(-1)
  return status === 0 ? undefined : `${name} needs the Go module ${module}@${version}: ${why}`
}

/** Where the program is, built from its module once for each version. */
export async function goProgram(name: GoProgram): Promise<string> {
  const binary = place(name)
  if (existsSync(binary)) return binary
  const { module, command } = programs[name]
  const made = `${binary}.${process.pid}`
  await withModule(name, (tool) =>
    tool('build', '-ldflags=-s -w', '-o', made, `${module}/cmd/${command}`),
  )
  renameSync(made, binary)
  return binary
}

/** Files of the program's module, as text. */
export async function filesOfModule(name: GoProgram, paths: string[]): Promise<string[]> {
  const { module } = programs[name]
  const folder = await withModule(name, (tool) => tool('list', '-m', '-f={{.Dir}}', module))
  return paths.map((path) => readFileSync(join(folder.trim(), path), 'utf8'))
}

const place = (name: GoProgram): string => {
  const { command, version } = programs[name]
  return join(programCache(), `${command}-${version}`)
}

/** Runs Go in a module of its own that needs the program's: not every proxy lists what it has. */
async function withModule<T>(name: GoProgram, act: (tool: Go) => Promise<T>): Promise<T> {
  const cwd = moduleFolder(name)
  const tool: Go = async (...args) => {
    const limits = { timeout: 1_800_000, maxBuffer: 64 * 1024 * 1024 }
    return (await run(go() ?? 'go', args, { cwd, env, ...limits })).stdout
  }
  try {
    return await act(tool)
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

function moduleFolder(name: GoProgram): string {
  const { module, version } = programs[name]
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-go-'))
  const wants = `module program\n\ngo 1.26.0\n\nrequire ${module} ${version}\n`
  writeFileSync(join(folder, 'go.mod'), wants)
  return folder
}
