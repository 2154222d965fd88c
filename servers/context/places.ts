import { realpath, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import type { SourceKind } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { repositoryRoot } from '../kit/git.ts'
import { isPlace } from './source-rows.ts'

/** What a source is kept under. A path of this machine is taken from owners, or where its org works with it already. */
export async function placeOf(
  ctx: Context,
  kind: SourceKind,
  uri: string,
  asked: string | undefined,
): Promise<{ org: string; uri: string; name: string }> {
  if (kind === 'vault') {
    const found = Object.entries(ctx.config.file.vaults).find(
      ([name, { path }]) => name === uri || path === uri,
    )
    if (!found)
      throw new HubError('not_found', `no vault ${JSON.stringify(uri)} is configured`, {
        hint: 'Name it under `vaults` in switchyard.json.',
      })
    return { org: orgFor(ctx, found[1].org), uri: found[1].path, name: found[0] }
  }
  const org = orgFor(ctx, asked)
  if (!isPlace(kind)) return { org, uri, name: uri }
  const path = kind === 'folder' ? await folderPath(uri) : await repositoryRoot(uri)
  const known =
    kind !== 'folder' &&
    ctx.store.get('SELECT 1 AS known FROM repositories WHERE org = :org AND path = :path', {
      org,
      path,
    })
  if (!known) assertOwner(ctx, path)
  const name = path.split('/').at(-1) ?? path
  return { org, uri: path, name: kind === 'spec' ? `${name}-specs` : name }
}

async function folderPath(uri: string): Promise<string> {
  const found = isAbsolute(uri) ? await realpath(uri).catch(() => undefined) : undefined // Missing is said below.
  if (found && (await stat(found)).isDirectory()) return found
  throw new HubError('not_found', `there is no folder ${uri} on the hub machine`, {
    hint: 'Pass an absolute path.',
  })
}

export function assertOwner(ctx: Context, path: string): void {
  const { roles, id } = ctx.principal
  if (roles.includes('owner') || roles.includes('controller')) return
  throw new HubError('denied', `${id} may not bring ${path} into the context store`, {
    hint: 'An owner does it once; after that the org may bring it up to date.',
  })
}
