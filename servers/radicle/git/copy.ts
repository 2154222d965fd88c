import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'
import type { Repository } from '../../../schemas/repo.ts'
import { neverCommitted } from '../../../schemas/repo.ts'
import type { Context } from '../../kit/context.ts'
import { commitAt, git, gitRaw } from '../../kit/git.ts'
import { withLock } from '../../kit/locks.ts'
import { copyFolder } from '../../kit/repositories.ts'

/**
 * A bare Git repository of the hub's own beside the user's, whatever provider keeps that one. The
 * provider's branches are under `refs/remotes/origin`, task branches under `refs/heads`; the user's
 * checkout is never worked in.
 */
export type GitCopy = { dir: string; userPath: string }

export const copyOf = (
  ctx: Pick<Context, 'dataDir'>,
  repository: Pick<Repository, 'id' | 'org' | 'path'>,
): GitCopy => ({
  dir: copyFolder(ctx, repository),
  userPath: repository.path,
})

/** Operations that change one copy never overlap. */
export const withCopy = <T>({ dir }: GitCopy, work: () => Promise<T>): Promise<T> =>
  withLock(dir, work)

/** Makes the copy when it is missing. A crash half-way leaves nothing behind but a temporary folder. */
export async function ensureCopy(
  copy: GitCopy,
  fetch: (copy: GitCopy) => Promise<void>,
): Promise<void> {
  const { dir, userPath } = copy
  if (await stat(join(dir, 'HEAD')).catch(() => undefined)) return // Missing is the first-use case.
  const temporary = `${dir}.new`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(dirname(dir), { recursive: true })
  await git(['init', '--quiet', '--bare', '--template=', temporary])
  await mkdir(join(temporary, 'info'), { recursive: true })
  await appendFile(join(temporary, 'info', 'exclude'), `${neverCommitted.join('\n')}\n`)
  await fetch({ dir: temporary, userPath })
  await rename(temporary, dir)
}

/** The commit a branch, tag or hash of the user's names, or undefined. */
export async function resolveCommit(copy: GitCopy, ref: string): Promise<string | undefined> {
  const { dir, userPath } = copy
  for (const candidate of [
    `refs/remotes/origin/${ref}`,
    `refs/heads/${ref}`,
    `refs/tags/${ref}`,
    ref,
  ]) {
    const commit = await commitAt(['--git-dir', dir], candidate)
    if (commit) return commit
  }
  const branch = await branchNamed(userPath, ref)
  return branch === undefined
    ? undefined
    : commitAt(['--git-dir', dir], `refs/remotes/origin/${branch}`)
}

/** The user's branch that is meant by HEAD, which is what the user has checked out, or by a whole name. */
async function branchNamed(userPath: string, ref: string): Promise<string | undefined> {
  const whole = /^(?:refs\/)?heads\/(.+)$/.exec(ref)?.[1]
  if (whole !== undefined) return whole
  const rest = /^(?:HEAD|@)((?:[~^].*)?)$/.exec(ref)?.[1]
  if (rest === undefined) return undefined
  const head = await gitRaw(['-C', userPath, 'symbolic-ref', '--quiet', '--short', 'HEAD'])
  return head.exitCode === 0 ? `${head.stdout.toString('utf8').trim()}${rest}` : undefined
}

export async function requireCommit(copy: GitCopy, ref: string): Promise<string> {
  const commit = await resolveCommit(copy, ref)
  if (commit) return commit
  throw new HubError(
    'not_found',
    `${copy.userPath} has no branch, tag or commit ${JSON.stringify(ref)}`,
    { hint: 'repo_read lists the branches.' },
  )
}

/** A principal's id as an author's name, without the characters that Git gives a meaning. */
export const authorName = (principal: string): string => principal.replace(/[^\w.@-]/g, '-')
