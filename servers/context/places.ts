import { realpath, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import type { SourceKind } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { assertOutsideDataDir } from '../kit/files/data-dir-guard.ts'
import { commonDir, repositoryRoot } from '../kit/git.ts'
import { readRepositoryAt } from '../kit/store/repositories.ts'
import { isPlace } from './visible-sources.ts'

/** What a source is kept under. A path of this machine is taken from owners, or where its org works with it already. */
export async function placeOf(
  ctx: Context,
  kind: SourceKind,
  uri: string,
  asked: string | undefined,
): Promise<{ org: string; uri: string; name: string }> {
  if (kind === 'vault') return vaultNamed(ctx, uri)
  const org = orgFor(ctx, asked)
  if (!isPlace(kind)) return { org, uri, name: uri }
  const path = kind === 'folder' ? await folderPath(uri) : await repositoryRoot(uri)
  const known = kind !== 'folder' && (await readRepositoryAt(ctx.reader, org, path)) !== undefined
  ctx.ensure('source.add', { path, known })
  await assertOutsideDataDir(ctx, path)
  if (kind !== 'folder') await assertOutsideDataDir(ctx, await commonDir(path))
  const name = path.split('/').at(-1) ?? path
  return { org, uri: path, name: kind === 'spec' ? `${name}-specs` : name }
}

async function vaultNamed(ctx: Context, uri: string) {
  const found = Object.entries(ctx.config.file.vaults).find(
    ([name, { path }]) => name === uri || path === uri,
  )
  if (!found)
    throw new HubError('not_found', `no vault ${JSON.stringify(uri)} is configured`, {
      hint: 'Name it under `vaults` in switchyard.json.',
    })
  const [name, { org, path }] = found
  await assertOutsideDataDir(ctx, path)
  return { org: orgFor(ctx, org), uri: path, name }
}

async function folderPath(uri: string): Promise<string> {
  const found = isAbsolute(uri) ? await realpath(uri).catch(() => undefined) : undefined // Missing is said below.
  if (found && (await stat(found)).isDirectory()) return found
  throw new HubError('not_found', `there is no folder ${uri} on the hub machine`, {
    hint: 'Pass an absolute path.',
  })
}
