import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { Context } from '../kit/context.ts'
import { commitAt, git } from '../kit/git.ts'
import { copyFolder } from '../kit/repositories.ts'
import { readRepositoryAt } from '../kit/store/repositories.ts'

/**
 * Refuses a task that starts from what its repository does not have. Where it has remotes, what is
 * missing now may be fetched until the task runs, so that is found out then. Heads of changes are in the
 * hub's own copy alone.
 */
export async function assertRefThere(
  ctx: Context,
  { org, repo, ref }: { org: string; repo: string; ref: string },
): Promise<void> {
  if (await names(['-C', repo], ref)) return
  if ((await git(['-C', repo, 'remote'])).trim() !== '') return
  const known = await readRepositoryAt(ctx.reader, org, repo)
  if (known && (await names(['--git-dir', copyFolder(ctx, known)], ref))) return
  const listed = await git([
    ...['-C', repo, 'for-each-ref', '--count=1000', '--format=%(refname:lstrip=2)'],
    ...['refs/heads', 'refs/tags'],
  ])
  const close = nearest(ref, listed.split('\n').filter(Boolean))
  throw new HubError('not_found', `${repo} has no branch, tag or commit ${JSON.stringify(ref)}`, {
    hint: close
      ? `Did you mean ${close}?`
      : 'It has no remote that it could come from. repo_read lists the branches.',
  })
}

/** Whether a repository has a commit by that name, as a branch of its provider too. */
const names = async (where: string[], ref: string): Promise<boolean> =>
  ((await commitAt(where, ref)) ?? (await commitAt(where, `refs/remotes/origin/${ref}`))) !==
  undefined
