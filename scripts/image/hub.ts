import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleKey } from '../../hub/bundle.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'
import type { ImageConfig } from './archive.ts'
import { noTime } from './layer.ts'
import { addGitServer, addMachine, addProgram } from './machine.ts'
import { Tree } from './tree.ts'
import { addUser } from './user.ts'

const user = 1000
const place = 'opt/switchyard'
// The image brings its Node; the others make the bundle, which is in it already.
const left = /^node_modules\/(node|vite|rolldown|@rolldown\/.*|lightningcss.*)$/

/** What runs as the hub in a pod, like the image of deploy/images/hub.Dockerfile. */
export const hubConfig = (version: string): ImageConfig => ({
  User: `${user}:${user}`,
  Env: [
    ...['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/data', 'LANG=C.UTF-8'],
    ...['SWITCHYARD_HOST=0.0.0.0', 'SWITCHYARD_DATA=/data', 'MALLOC_TRIM_THRESHOLD_=131072'],
  ],
  Entrypoint: [],
  Cmd: ['node', '--max-semi-space-size=8', 'bin/switchyard.js', 'start'],
  WorkingDir: `/${place}`,
  Labels: {
    'org.opencontainers.image.title': 'switchyard',
    'org.opencontainers.image.version': version,
  },
})

/** The layers of the hub's image, the one that changes most last: system, Node, packages, hub. */
export function hubLayers(): Tree[] {
  const [system, node, packages, hub] = [new Tree(), new Tree(), new Tree(), new Tree()]
  addMachine(system)
  addGitServer(system)
  if (existsSync('/usr/bin/bwrap')) addProgram(system, '/usr/bin/bwrap')
  addUser(system, { name: 'node', id: user, home: '/data' }, true)
  addProgram(node, process.execPath, 'usr/local/bin/node')
  for (const path of packagePaths()) packages.copy(join(place, path), join(codeRoot, path))
  for (const name of ['agent', 'bin', 'dist', 'hub', 'schemas', 'servers', 'web'])
    hub.copy(join(place, name), join(codeRoot, name))
  for (const name of ['package.json', 'package-lock.json', 'scripts/bundle.ts'])
    hub.file(join(place, name), join(codeRoot, name))
  // The files of an image have one time, and the bundle is of these files.
  hub.text(join(place, 'dist/key'), bundleKey(noTime.getTime()))
  return [system, node, packages, hub]
}

/** The folders of the packages that run the hub, each with those that it alone has. */
function packagePaths(): string[] {
  const lock = JSON.parse(readFileSync(join(codeRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true; devOptional?: true; optional?: true }>
  } // As npm writes it.
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf('node_modules/') === 0 && !left.test(path))
    .filter((path) => existsSync(join(codeRoot, path)))
}
