import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Mount, PodSpec } from '../../kit/cluster-driver.ts'
import { agentCommand } from './agent-command.ts'
import { marker } from './clean-up.ts'
import type { Confinement } from './egress/egress.ts'
import type { LocalIsolation } from './isolation/isolation.ts'
import { isolate, stageOf } from './isolation/isolation.ts'
import { sandboxOf } from './isolation/sandbox.ts'
import { podEnvironment } from './pod-env.ts'

export type Launch = {
  /** Where it starts. */
  home: string
  env: Record<string, string>
  program: string
  args: string[]
}

/**
 * Makes the folders of a pod on this machine and says how a program is run in it: its workspace and
 * mounts are folders of the data directory, and the hub's address is a file there.
 */
export function prepareLaunch(
  spec: PodSpec,
  command: string[] | undefined,
  at: {
    folder: string
    dataDir: string
    codeRoot: string
    isolation: LocalIsolation
    podEnv: string[]
    confined?: Confinement | undefined
  },
): Launch {
  const { folder, dataDir, codeRoot, isolation, confined } = at
  const work = join(dataDir, 'work', spec.workspace.key)
  const cacheDir = join(dataDir, 'cache', spec.org)
  const mounts = spec.workspace.mounts.map((mount) => ({ ...mount, path: pathOf(mount, dataDir) }))
  const shown = (access: 'read' | 'write') =>
    mounts.filter((mount) => mount.access === access).map((mount) => mount.path)
  const writable = [work, ...shown('write')]
  const net = confined ? [confined.folder] : []
  const readable = [join(dataDir, 'run'), ...net, ...shown('read')]
  // Beside the output, which the program could else put a link in place of.
  const [home, tmp] = [join(folder, 'home'), join(folder, 'tmp')]
  for (const path of [home, tmp, cacheDir, ...writable, ...readable])
    mkdirSync(path, { recursive: true })
  const base = podEnvironment({ own: process.env, home, tmp, cacheDir, codeRoot, extra: at.podEnv })
  const env: Record<string, string> = {
    ...base,
    ...confined?.env,
    ...spec.env,
    SWITCHYARD_ENDPOINT: join(dataDir, 'run', 'endpoint'),
    SWITCHYARD_WORK: work,
    [marker]: spec.id,
  }
  const own = spec.program.kind === 'agent' ? agentCommand() : spec.program.command
  const stage = stageOf(dataDir)
  const path = env.PATH ?? ''
  const network = confined ? 'own' : 'shared'
  const options = {
    home,
    tmp,
    stage,
    readable,
    writable,
    dataDir,
    codeRoot,
    path,
    network,
  } as const
  const wanted = command ?? own
  const [program = '', ...args] = isolate[isolation](
    sandboxOf(options),
    confined ? confined.wrap(wanted) : wanted,
  )
  return { home, env, program, args }
}

function pathOf({ purpose, key }: Mount, dataDir: string): string {
  switch (purpose) {
    case 'cache':
      return join(dataDir, 'cache', key)
    case 'repositories':
      return join(dataDir, 'repos', key)
  }
}
