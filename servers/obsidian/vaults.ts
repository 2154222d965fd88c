import { realpath } from 'node:fs/promises'
import { posix, relative } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { VaultConfig } from '../../schemas/vault.ts'
import type { Context } from '../kit/context.ts'
import { maySee } from '../kit/context.ts'
import { assertOutsideDataDir } from '../kit/files/data-dir-guard.ts'
import { insideFolder } from '../kit/files/jail.ts'
import { dailyPath } from './daily.ts'
import { nameOf } from './note-meta.ts'
import { VaultIndex } from './vault-index.ts'

export const vaultInput = {
  vault: z.string().max(40).optional().describe('Vault; may be left out when there is only one'),
}

export const pathInput = z
  .string()
  .min(1)
  .max(1000)
  .describe(
    'Path of the note in the vault, a name that only it has, or daily:today, daily:2026-11-20',
  )

export type Vault = {
  name: string
  root: string
  config: VaultConfig
  index: VaultIndex
  /** The hub's own folder, which no path of the vault may lead into; there is none without a hub. */
  dataDir?: string
}

// One index for a folder, however many calls and hubs of this process read it: files are the truth.
const indexes = new Map<string, VaultIndex>()

/** The vault that is meant, its index up to date. Vaults of other orgs do not exist for the caller. */
export async function openVault(ctx: Context, asked: string | undefined): Promise<Vault> {
  const visible = visibleVaults(ctx)
  const names = visible.map(([name]) => name)
  const chosen =
    asked === undefined && visible.length === 1
      ? visible[0]
      : visible.find(([name]) => name === asked)
  if (!chosen) throw notChosen(asked, names)
  const vault = await attach(ctx, chosen[0], chosen[1])
  await vault.index.refresh()
  return vault
}

export const visibleVaults = (ctx: Context): [string, VaultConfig][] =>
  Object.entries(ctx.config.file.vaults).filter(([, { org }]) => maySee(ctx, org))

async function attach(
  { dataDir }: Pick<Context, 'dataDir'>,
  name: string,
  config: VaultConfig,
): Promise<Vault> {
  const root = await realpath(config.path).catch((error: unknown) => {
    throw new HubError('unavailable', `the folder ${config.path} of vault ${name} cannot be read`, {
      cause: error,
    })
  })
  await assertOutsideDataDir({ dataDir }, root)
  const ignore = [...config.ignore, relative(root, await realpath(dataDir))]
  const key = JSON.stringify([root, ignore])
  const index = indexes.get(key) ?? new VaultIndex(root, ignore)
  indexes.set(key, index)
  return { name, root, config, index, dataDir }
}

/** Ends the watching of all vaults; the next call begins anew. */
export function closeVaults(): void {
  for (const index of indexes.values()) index.close()
  indexes.clear()
}

/** Whether any vault lets notes be changed: without one, tools that write are not offered. */
export const anyWritable = (config: Context['config']): boolean =>
  Object.values(config.file.vaults).some(({ write }) => write.length > 0)

/** Path of a note that is there, from what a caller calls it. */
export async function findNote(vault: Vault, asked: string, now: number): Promise<string> {
  const path = await namedPath(vault, asked, now)
  const { names } = vault.index
  const exact = names.at(path) ?? names.at(`${path}.md`)
  if (exact !== undefined) return exact
  const found = path.includes('/') ? [] : [...names.withBase(`${path}.md`), ...names.withBase(path)]
  if (found.length === 1 && found[0] !== undefined) return found[0]
  if (found.length > 1) {
    throw new HubError(
      'ambiguous',
      `${JSON.stringify(asked)} may mean ${found.slice(0, 8).join(' or ')}`,
      { hint: 'Pass the whole path.' },
    )
  }
  if (asked.startsWith('daily:')) {
    throw new HubError('not_found', `vault ${vault.name} has no daily note ${path} yet`, {
      hint: `note_create with path "${asked}" makes it${isWritable(vault, path) ? '' : ', once an owner has opened its folder under `write` of the vault in switchyard.json'}.`,
    })
  }
  const byName = new Map([...vault.index.tree.files.keys()].map((path) => [nameOf(path), path]))
  const close =
    nearest(path, vault.index.tree.files.keys()) ??
    byName.get(nearest(nameOf(path), byName.keys()) ?? '')
  throw new HubError('not_found', `vault ${vault.name} has no note ${JSON.stringify(asked)}`, {
    hint: close ? `Did you mean ${close}?` : 'note_search finds notes by their words.',
  })
}

/** Path that a new note gets; `.md` is added where there is no ending. */
export async function newPath(vault: Vault, asked: string, now: number): Promise<string> {
  const path = (await namedPath(vault, asked, now)).replace(/^\//, '')
  return /\.[a-zA-Z0-9]{1,8}$/.test(path) ? path : `${path}.md`
}

async function namedPath(vault: Vault, asked: string, now: number): Promise<string> {
  return asked.startsWith('daily:')
    ? dailyPath(vault.root, asked.slice('daily:'.length), now)
    : asked.replace(/^\//, '')
}

/** Absolute path of a file of the vault; hidden folders, such as `.obsidian`, are not reached. */
export async function absolute(vault: Vault, path: string): Promise<string> {
  if (path.split('/').some((part) => part.startsWith('.'))) {
    throw new HubError('denied', `${JSON.stringify(path)} is in a hidden folder`, {
      hint: 'Notes live in folders whose names do not begin with a dot.',
    })
  }
  const found = await insideFolder(vault.root, path)
  if (vault.dataDir !== undefined) await assertOutsideDataDir({ dataDir: vault.dataDir }, found)
  return found
}

const writableFolders = ({ config }: Vault): string[] => config.write.map(folderIn)

export const isWritable = (vault: Vault, path: string): boolean =>
  writableFolders(vault).some(
    (folder) => folder === '' || path.startsWith(`${folder}/`) || path === folder,
  )

export function assertWritable(vault: Vault, path: string): void {
  if (isWritable(vault, path)) return
  const folders = writableFolders(vault)
  throw new HubError('denied', `${path} may not be changed in vault ${vault.name}`, {
    hint:
      folders.length > 0
        ? `Folders that may be changed: ${folders.map((folder) => folder || '/').join(', ')}.`
        : 'An owner lists folders under `write` of the vault in switchyard.json.',
  })
}

/** A folder as a path within the vault: nothing for the whole, however that is written. */
const folderIn = (given: string): string => posix.normalize(given).replace(/^\.?(?:\/|$)|\/$/g, '')

function notChosen(asked: string | undefined, names: string[]): HubError {
  if (names.length === 0) {
    return new HubError('not_found', 'no vault is configured', {
      hint: 'Name one under `vaults` in switchyard.json: { "vaults": { "notes": { "path": "/home/me/notes" } } }.',
    })
  }
  if (asked === undefined) {
    return new HubError('ambiguous', `there are several vaults: ${names.join(', ')}`, {
      hint: 'Pass `vault`.',
    })
  }
  const close = nearest(asked, names)
  return new HubError('not_found', `there is no vault ${JSON.stringify(asked)}`, {
    hint: close ? `Did you mean ${close}?` : `Vaults: ${names.join(', ')}.`,
  })
}
