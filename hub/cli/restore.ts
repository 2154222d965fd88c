import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { readMigrations } from '../../servers/kit/migrate.ts'
import { assertSound } from '../../servers/kit/store/database-file.ts'
import type { Manifest } from './archive.ts'
import { readArchive } from './archive.ts'
import { lockStopped } from './lock-stopped.ts'
import { printJson } from './output.ts'
import { parseSettings } from './settings.ts'

/**
 * `switchyard restore FILE [--data DIR] [--force]`: makes a data directory from a backup. It is there
 * as a whole or not at all; --force puts it in the place of another one, which is kept beside it.
 */
export async function restore(args: string[]): Promise<number> {
  const { settings, values, positionals } = parseSettings('restore', args)
  const dataDir = resolve(settings.data)
  const [file] = positionals
  if (file === undefined)
    throw new HubError('invalid', 'restore which file?', {
      hint: 'switchyard restore FILE --data DIR',
    })
  const isTaken = (await namesIn(dataDir)).length > 0
  if (isTaken && !values.force)
    throw new HubError('conflict', `${dataDir} is not empty`, {
      hint: 'Name another one with --data; or --force, which keeps what is there beside it.',
    })
  const lock = isTaken ? lockStopped(dataDir) : undefined // A hub that runs there is never replaced.
  try {
    const unpacked = `${dataDir}.restoring`
    await mkdir(dirname(dataDir), { recursive: true })
    const manifest = await unpack(resolve(file), unpacked)
    const keptAt = isTaken ? await moveAside(dataDir) : undefined
    if (!isTaken && existsSync(dataDir)) await rmdir(dataDir)
    await rename(unpacked, dataDir)
    report({ dataDir, manifest, keptAt, asJson: values.json === true })
    return 0
  } finally {
    lock?.release()
  }
}

/** Unpacks into a folder of its own and looks at all of it before anything else is touched. */
async function unpack(file: string, folder: string): Promise<Manifest> {
  await rm(folder, { recursive: true, force: true }) // An attempt that was interrupted left it.
  try {
    await mkdir(folder, { mode: 0o700 })
    const manifest = await readArchive(file, folder)
    const newest = readMigrations().at(-1)?.number ?? 0
    if (manifest.schema > newest)
      throw new HubError('unsupported', 'the backup was made by a newer Switchyard', {
        hint: `It has schema ${manifest.schema} and this version knows ${newest}: upgrade Switchyard.`,
      })
    assertSound(join(folder, 'switchyard.db'))
    return manifest
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new HubError('not_found', `there is no file ${file}`, { cause: error })
    throw error
  }
}

async function moveAside(dataDir: string): Promise<string> {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-')
  const keptAt = `${dataDir}.before-restore-${stamp}`
  await rename(dataDir, keptAt)
  return keptAt
}

function report(made: {
  dataDir: string
  manifest: Manifest
  keptAt: string | undefined
  asJson: boolean
}): void {
  const { dataDir, manifest, keptAt, asJson } = made
  const { createdAt, schema, files } = manifest
  const count = Object.keys(files).length
  if (asJson)
    return printJson({
      data: dataDir,
      createdAt,
      schema,
      files: count,
      ...(keptAt ? { keptAt } : {}),
    })
  process.stdout.write(`${dataDir}: ${count} files as of ${createdAt}\n`)
  if (keptAt) process.stdout.write(`what was there is in ${keptAt}\n`)
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []) // Not there: empty.
