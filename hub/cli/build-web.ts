import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { codeRoot, isBundled } from '../../servers/kit/code-root.ts'
import { run } from '../../servers/kit/run.ts'

const sources = ['web', 'schemas']
/** What is built in of others changes with it. */
const libraries = 'package-lock.json'

/** Builds the dashboard when a source is newer than the last build; a bundle came with a page. */
export async function buildWeb(say: (text: string) => void): Promise<void> {
  if (isBundled) return
  const built = join(codeRoot, 'web', 'dist', 'index.html')
  const builtAt = existsSync(built) ? (await stat(built)).mtimeMs : 0
  const times = await Promise.all(sources.map((folder) => newest(join(codeRoot, folder))))
  const { mtimeMs: librariesAt } = await stat(join(codeRoot, libraries))
  if (Math.max(librariesAt, ...times) <= builtAt) return
  say('building the dashboard')
  const vite = join(codeRoot, 'node_modules', 'vite', 'bin', 'vite.js')
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' }
  // The page first: making it empties the folder that both are in.
  for (const folder of ['web', join('web', 'apps')]) {
    const config = join(codeRoot, folder, 'vite.config.ts')
    const args = [vite, 'build', '--config', config, '--logLevel', 'warn']
    const result = await run(process.execPath, args, { cwd: codeRoot, env })
    if (result.exitCode !== 0) throw notBuilt(result.stderr.toString('utf8'))
  }
}

const notBuilt = (output: string) =>
  new HubError('unavailable', `the dashboard could not be built: ${output.slice(0, 2000)}`, {
    hint: 'Run `npm ci` and try again.',
  })

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true })
  const times = entries.map(async (entry) => {
    if (entry.name === 'dist') return 0
    const path = join(folder, entry.name)
    return entry.isDirectory() ? newest(path) : (await stat(path)).mtimeMs
  })
  return Math.max(0, ...(await Promise.all(times)))
}
