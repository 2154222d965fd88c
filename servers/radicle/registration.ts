import { isAbsolute } from 'node:path'
import type { Repository } from '../../schemas/repo.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { findRepository, repositoryAt } from '../kit/repositories.ts'
import { addRepository, moveRepository, readRepositoryAt } from '../kit/store/repositories.ts'
import { detectProvider, isKnownProvider } from './providers/providers.ts'
import { hasOpenChange } from './store/open-changes.ts'

/** A repository by id or path; one that is not known yet becomes known when the caller may add it. */
export async function ensureRepository(ctx: Context, repo: string): Promise<Repository> {
  if (!isAbsolute(repo)) return findRepository(ctx, repo)
  const path = await repositoryAt(ctx, repo)
  const org = orgFor(ctx, undefined)
  ctx.ensure('row.see', { org, repo: path })
  const known = await readRepositoryAt(ctx.reader, org, path)
  if (known) return followProvider(ctx, known)
  ctx.ensure('repository.add', { org, path })
  const kind = await detectProvider(ctx, path)
  const repository = { id: ctx.id('repo'), org, path, provider: kind.name }
  const defaultBranch = await kind.open(ctx, repository).currentBranch()
  return ctx.transaction((tx) => addRepository(tx, { ...repository, defaultBranch }))
}

/**
 * A repository may have moved since it became known: it was put on Radicle, or its forge was
 * configured. It changes hands while none of its changes is open, because an open one is known only
 * where it was proposed.
 */
async function followProvider(ctx: Context, known: Repository): Promise<Repository> {
  if (!isKnownProvider(known.provider)) return known // A newer hub gave it to one.
  const { name: provider } = await detectProvider(ctx, known.path)
  if (provider === known.provider || (await hasOpenChange(ctx.reader, known.id))) return known
  return ctx.transaction((tx) => moveRepository(tx, known.id, provider))
}
