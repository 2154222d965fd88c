import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { copyDatabase, schemaOf } from '../../servers/kit/store/database-file.ts'
import type { Member } from './archive.ts'
import { writeArchive } from './archive.ts'
import { printJson } from './output.ts'
import { parseSettings } from './settings.ts'

/** Files that are taken as they are. Where the hub listens and what runs now is not of a backup. */
const files = ['token', 'seal.key', 'switchyard.json']
const folders = ['artifacts', 'repos', 'radicle']
/**
 * Git's record of working folders, which are not in a backup: they are made anew from the commits. Of
 * a Radicle home, its caches, which are too.
 */
const leftOut =
  /^repos\/([^/]+\/)?[^/]+\.git\/worktrees(\/|$)|^radicle\/[^/]+\/(cobs|node|actions-[^/]+)(\/|$)/

/** `switchyard backup FILE`: all that a data directory holds, as one file, also while the hub runs. */
export async function backup(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings('backup', args)
  const dataDir = resolve(settings.data)
  const file = targetOf(positionals)
  if (existsSync(file))
    throw new HubError('conflict', `${file} exists`, { hint: 'Give another name, or remove it.' })
  if (!existsSync(join(dataDir, 'switchyard.db')))
    throw new HubError('not_found', `there is no store in ${dataDir}`, {
      hint: 'Name the data directory with --data or SWITCHYARD_DATA.',
    })
  // Beside the archive, because there is room for one there.
  const scratch = await mkdtemp(`${file}.work-`)
  try {
    const store = join(scratch, 'switchyard.db')
    copyDatabase(join(dataDir, 'switchyard.db'), store)
    const about = { createdAt: new Date().toISOString(), schema: schemaOf(store) }
    // Rows are written after the files they name, so files that are read later are all there.
    const manifest = await writeArchive(file, membersOf(dataDir, scratch), about)
    const { size } = await stat(file)
    const count = Object.keys(manifest.files).length
    if (values.json) printJson({ file, sizeBytes: size, files: count, schema: about.schema })
    else process.stdout.write(`${file}: ${count} files, ${size} bytes\n`)
    return 0
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function targetOf([file]: string[]): string {
  if (file === undefined)
    throw new HubError('invalid', 'backup into which file?', { hint: 'switchyard backup FILE' })
  const target = resolve(file)
  if (isFolder(dirname(target))) return target
  throw new HubError('invalid', `there is no folder ${dirname(target)}`, {
    hint: 'Make it first, or name a file in a folder that exists.',
  })
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

async function* membersOf(dataDir: string, scratch: string): AsyncGenerator<Member> {
  yield { path: 'switchyard.db', file: join(scratch, 'switchyard.db') }
  for (const name of files)
    if (existsSync(join(dataDir, name))) yield { path: name, file: join(dataDir, name) }
  for (const name of await namesIn(join(dataDir, 'context'))) {
    if (!name.endsWith('.db')) continue
    const copy = join(scratch, name)
    copyDatabase(join(dataDir, 'context', name), copy)
    yield { path: `context/${name}`, file: copy }
    await rm(copy)
  }
  for (const folder of folders) yield* walk(dataDir, folder)
}

/** Folders too, because Git wants its empty ones; what is gone when its turn comes was temporary. */
async function* walk(dataDir: string, path: string): AsyncGenerator<Member> {
  if (leftOut.test(path)) return
  const entries = await readdir(join(dataDir, path), { withFileTypes: true }).catch(() => [])
  yield { path }
  for (const entry of entries) {
    const inner = `${path}/${entry.name}`
    if (entry.isDirectory()) yield* walk(dataDir, inner)
    else if (entry.isFile() && existsSync(join(dataDir, inner)))
      yield { path: inner, file: join(dataDir, inner) }
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []) // Made with its first.
