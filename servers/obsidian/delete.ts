import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { assertMatch, createTextFile, readTextFile } from '../kit/files/text-file.ts'
import { defineTool } from '../kit/tool.ts'
import { announce } from './change.ts'
import { appSettings } from './daily.ts'
import { withVaultLock } from './vault-lock.ts'
import type { Vault } from './vaults.ts'
import {
  absolute,
  anyWritable,
  assertWritable,
  findNote,
  openVault,
  pathInput,
  vaultInput,
} from './vaults.ts'

export const noteDelete = defineTool({
  name: 'note_delete',
  title: 'Delete a note',
  description:
    "Moves a note to the trash that the vault is set to: the system's, or its own `.trash` folder. Says which notes still link to it. Use note_move to rename.",
  effect: 'destroy',
  scope: 'note:write',
  available: anyWritable,
  input: {
    ...vaultInput,
    path: pathInput,
    if_match: z.string().max(64).describe('etag of the note as you read it'),
    permanent: z
      .boolean()
      .default(false)
      .describe('Needed where the vault is set to delete for good'),
  },
  output: z.object({ path: z.string(), trash: z.string(), backlinks: z.array(z.string()) }),
  run: async (input, ctx) => {
    const vault = await openVault(ctx, input.vault)
    const path = await findNote(vault, input.path, ctx.now())
    assertWritable(vault, path)
    const backlinks = [
      ...new Set((await vault.index.links()).backlinks.get(path)?.map(({ source }) => source)),
    ].filter((source) => source !== path)
    const { trashOption } = appSettings(vault.root)
    const trash = await withVaultLock(ctx, vault, async () => {
      const file = await absolute(vault, path)
      assertMatch(await readTextFile(file, path), input.if_match, path)
      switch (trashOption) {
        case 'local':
          return toLocalTrash(vault, file, path)
        case 'system':
          return toSystemTrash(file, ctx.now())
        case 'none':
          if (!input.permanent) {
            throw new HubError('denied', 'this vault deletes for good', {
              hint: 'Pass `permanent: true` if that is meant.',
            })
          }
          rmSync(file)
          return 'none'
      }
    })
    await announce(ctx, vault, path, 'note.deleted', { trash })
    return { path, trash, backlinks: backlinks.toSorted().slice(0, 100) }
  },
})

function toLocalTrash(vault: Vault, file: string, path: string): string {
  const target = free(join(vault.root, '.trash', path))
  mkdirSync(dirname(target), { recursive: true })
  renameSync(file, target)
  return target.slice(vault.root.length + 1)
}

/** The home trash of the FreeDesktop Trash specification 1.0; macOS has a folder of its own. */
async function toSystemTrash(file: string, now: number): Promise<string> {
  const isMac = process.platform === 'darwin'
  const root = isMac
    ? join(homedir(), '.Trash')
    : join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'Trash')
  const files = isMac ? root : join(root, 'files')
  mkdirSync(files, { recursive: true, mode: 0o700 })
  const target = free(join(files, basename(file)))
  const info = join(root, 'info', `${basename(target)}.trashinfo`)
  if (!isMac) {
    const at = new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
    await createTextFile(
      info,
      `[Trash Info]\nPath=${file.split('/').map(encodeURIComponent).join('/')}\nDeletionDate=${at}\n`,
      info,
    )
  }
  try {
    renameSync(file, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') {
      rmSync(info, { force: true })
      throw error
    }
    cpSync(file, target, { preserveTimestamps: true }) // The trash is on another disk.
    rmSync(file)
  }
  return target
}

/** The path, or the first of "name 2", "name 3" … that is not taken. */
function free(path: string): string {
  const ending = extname(path)
  const stem = path.slice(0, path.length - ending.length)
  let candidate = path
  for (let number = 2; existsSync(candidate); number++) candidate = `${stem} ${number}${ending}`
  return candidate
}
