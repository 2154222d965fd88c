import { isAbsolute, join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import type { Repository } from '../../schemas/repo.ts'
import type { Context } from './context.ts'
import { orgFor } from './context.ts'
import { assertOutsideDataDir } from './files/data-dir-guard.ts'
import { commonDir, repositoryRoot } from './git.ts'
import { readRepositoriesAt, readRepository, readRepositoryAt } from './store/repositories.ts'

/** A repository that the caller may see, by id or path. */
export async function findRepository(ctx: Context, repo: string): Promise<Repository> {
  const found = isAbsolute(repo)
    ? await readRepositoriesAt(ctx.reader, repo)
    : [await readRepository(ctx.reader, repo)]
  const seen = found.find(
    (known) => known && ctx.may('row.see', { org: known.org, repo: known.path }),
  )
  if (seen) return seen
  throw new HubError('not_found', `no repository ${JSON.stringify(repo)} is known to this hub`, {
    hint: 'repo_list shows those that are; a repository becomes known with its first task.',
  })
}

/** Where the hub's own copy of a repository is: in a folder of its org, all that the org's pods see of them. */
export const copyFolder = (
  { dataDir }: Pick<Context, 'dataDir'>,
  { id, org }: Pick<Repository, 'id' | 'org'>,
): string => join(dataDir, 'repos', org, `${id}.git`)

/**
 * The working tree of a repository: one that is known, or, for who may add one, any on this
 * machine. It is for files as they lie there; commits and branches go through the hub's own copy.
 */
export async function workingTree(
  ctx: Context,
  repo: string,
): Promise<{ id: string; org: string; path: string }> {
  const org = orgFor(ctx, undefined)
  if (!isAbsolute(repo) || !ctx.may('repository.add', { org, path: repo })) {
    // A controller reads what a person named who may, such as the feature of a plan.
    const mayRead = isAbsolute(repo) && ctx.may('source.add', { path: repo, known: false })
    if (!mayRead || (await isKnown(ctx, repo))) return findRepository(ctx, repo)
  }
  const path = await repositoryAt(ctx, repo)
  return (await readRepositoryAt(ctx.reader, org, path)) ?? { id: path, org, path }
}

const isKnown = async (ctx: Context, path: string): Promise<boolean> =>
  (await readRepositoriesAt(ctx.reader, path)).length > 0

/** The top folder of the repository at `path`; neither it nor its Git folder may be the hub's own. */
export async function repositoryAt(ctx: Context, path: string): Promise<string> {
  const root = await repositoryRoot(path)
  await assertOutsideDataDir(ctx, root)
  await assertOutsideDataDir(ctx, await commonDir(root))
  return root
}
