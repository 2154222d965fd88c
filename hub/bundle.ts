import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFolder, codeRoot } from '../servers/kit/code-root.ts'

// `npm ci` makes one bundle of the sources and the libraries, because three hundred small modules take a
// third of a start to find. It is used only while it is of these very sources.
const sources = [
  'agent',
  'hub',
  'schemas',
  'servers',
  'web',
  'package-lock.json',
  'scripts/bundle.ts',
]

export const bundleKeyFile = join(bundleFolder, 'key')

/** Changes with every change of a source: name, size and time of each file. */
export function bundleKey(): string {
  const key = createHash('sha256').update(process.version)
  const add = (path: string): void => {
    const stat = statSync(join(codeRoot, path))
    if (!stat.isDirectory()) return void key.update(`${path} ${stat.size} ${stat.mtimeMs}\n`)
    for (const name of readdirSync(join(codeRoot, path)).sort())
      if (name !== 'dist') add(join(path, name))
  }
  sources.forEach(add)
  return key.digest('hex')
}

/** Whether the bundle is there and of these sources. */
export function isBundleFresh(): boolean {
  try {
    return readFileSync(bundleKeyFile, 'utf8') === bundleKey()
  } catch {
    return false // There is none, or a source went away while it was looked at: the sources run.
  }
}
