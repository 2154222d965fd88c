import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { findRepository } from '../kit/repositories.ts'
import type { GitCopy } from './git/copy.ts'
import { copyOf } from './git/copy.ts'
import type { ChangeProvider, ProvidedChange } from './providers/provider.ts'
import { providerOf } from './providers/providers.ts'
import type { ChangeRow } from './store/changes.ts'
import { readChange } from './store/changes.ts'
import { readRevision } from './store/revisions.ts'

/** A change that the caller may see; an agent sees the one of its own task and the one it reviews. */
export async function findChange(ctx: Context, id: string): Promise<ChangeRow> {
  const row = await readChange(ctx.reader, id)
  if (row && ctx.may('change.see', { org: row.org, change: id, task: row.task ?? undefined }))
    return row
  throw new HubError('not_found', `there is no change ${JSON.stringify(id)}`, {
    hint: 'change_list shows the changes you may see.',
  })
}

/** A change at one of its revisions, by default the last, with the provider that has it. */
export async function openChange(
  ctx: Context,
  row: ChangeRow,
  number = row.revisions,
): Promise<{
  provider: ChangeProvider
  copy: GitCopy
  change: ProvidedChange
  revision: number
  base: string
}> {
  const revision = await readRevision(ctx.reader, row.id, number)
  if (!revision) {
    throw new HubError('not_found', `change ${row.id} has no revision ${number}`, {
      hint: `It has ${row.revisions}.`,
    })
  }
  const { id, title, body, branch, target, handle } = row
  const change: ProvidedChange = {
    id,
    title,
    body,
    branch,
    target,
    head: revision.head,
    proposedAt: revision.createdAt,
    handle: handle ?? undefined,
    revisionHandle: revision.handle,
    isImported: row.imported_by !== null,
  }
  const repository = await findRepository(ctx, row.repo)
  return {
    provider: providerOf(ctx, repository),
    copy: copyOf(ctx, repository),
    change,
    revision: number,
    base: revision.base,
  }
}
