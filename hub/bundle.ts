import { hash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFolder, codeRoot } from '../servers/kit/code-root.ts'

// `npm ci` makes one bundle of the sources and the libraries, because three hundred small modules take a
// third of a start to find. It is used only while it is of these very sources.
const folders = ['agent', 'hub', 'schemas', 'servers', 'web']
const files = ['package-lock.json', 'scripts/bundle.ts']

export const bundleKeyFile = join(bundleFolder, 'key')

/** Changes with every change of a source: name, size and time of each file, or one time that all have. */
export function bundleKey(timeMs?: number): string {
  const lines = [process.version]
  // Paths are put together by hand: normalising them would take longer than looking at the files.
  const add = (path: string): void => {
    const { size, mtimeMs } = statSync(`${codeRoot}/${path}`)
    lines.push(`${path} ${size} ${timeMs ?? mtimeMs}`)
  }
  const addFolder = (path: string): void => {
    const entries = readdirSync(`${codeRoot}/${path}`, { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === 'dist') continue
      if (entry.isDirectory()) addFolder(`${path}/${entry.name}`)
      else add(`${path}/${entry.name}`)
    }
  }
  folders.forEach(addFolder)
  files.forEach(add)
  return hash('sha256', lines.join('\n'))
}

/** Whether the bundle is there and of these sources. */
export function isBundleFresh(): boolean {
  try {
    return readFileSync(bundleKeyFile, 'utf8') === bundleKey()
  } catch {
    return false // There is none, or a source went away while it was looked at: the sources run.
  }
}
