import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageConfig } from './archive.ts'
import { addMachine, addNpm, addProgram } from './machine.ts'
import { Tree } from './tree.ts'
import { addUser } from './user.ts'

const user = 65_532
const agentFolder = 'opt/switchyard'

/** What runs as the agent in a pod: not root, and nothing but its own folders is its to write. */
export const agentConfig = (version: string): ImageConfig => ({
  User: `${user}:${user}`,
  Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/home/agent', 'LANG=C.UTF-8'],
  Entrypoint: ['/usr/local/bin/node', `/${agentFolder}/agent.js`],
  WorkingDir: '/home/agent',
  Labels: {
    'org.opencontainers.image.title': 'switchyard-agent',
    'org.opencontainers.image.version': version,
  },
})

/** The layers of the agent's image, the one that changes most last: system, Node, agent. */
export function agentLayers(bundle: string, base: string | undefined): Tree[] {
  const [system, node, agent] = [new Tree(), new Tree(), new Tree()]
  if (base === undefined) addMachine(system)
  else addBase(system, base)
  system.folder('work', { uid: user, gid: user })
  addUser(system, { name: 'agent', id: user, home: '/home/agent' }, base === undefined)
  // What it loads is in the system's layer where that is this machine's; a base brings its own.
  if (base === undefined) addProgram(node, process.execPath, 'usr/local/bin/node')
  else node.file('usr/local/bin/node', process.execPath, 0o755)
  if (base === undefined) addNpm(node)
  agent.copy(agentFolder, bundle)
  return [system, node, agent]
}

function addBase(tree: Tree, base: string): void {
  for (const name of ['sh', 'git', 'date', 'stat'])
    if (!['usr/bin', 'bin', 'usr/local/bin'].some((place) => existsSync(join(base, place, name))))
      throw new Error(`${base} has no ${name}: an agent needs it`)
  tree.copy('', base, false)
}
