import { isAbsolute } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import type { Repository } from '../../schemas/repo.ts'
import type { Context } from './context.ts'
import { maySee, orgFor } from './context.ts'
import { assertOutsideDataDir } from './files/data-dir-guard.ts'
import { commonDir, git, gitRaw, repositoryRoot } from './git.ts'
import type { Row } from './tx.ts'

/** A repository by id or path; one the hub has not met is taken on when the caller may write. */
export async function ensureRepository(
  ctx: Context,
  repo: string,
  org?: string,
): Promise<Repository> {
  if (!isAbsolute(repo)) return findRepository(ctx, repo)
  const path = await repositoryAt(ctx, repo)
  if (ctx.principal.kind === 'agent' && path !== ctx.principal.repo) {
    throw new HubError('denied', `the credential of ${ctx.principal.id} is not for ${path}`, {
      hint: 'An agent works on the repository of its task.',
    })
  }
  const owner = orgFor(ctx, org)
  const known = byPath(ctx, owner, path)
  if (known) return known
  const defaultBranch = await currentBranch(path)
  const id = ctx.id('repo')
  return ctx.write((tx) => {
    const raced = byPath(ctx, owner, path)
    if (raced) return raced
    const repository: Repository = {
      id,
      org: owner,
      path,
      defaultBranch,
      provider: 'local',
      createdAt: tx.now,
    }
    tx.run(
      `INSERT INTO repositories (id, org, path, default_branch, provider, created_at)
       VALUES (:id, :org, :path, :defaultBranch, :provider, :createdAt)`,
      repository,
    )
    tx.event({ kind: 'repo.added', org: owner, subject: id, data: { path } })
    tx.about(id)
    return repository
  })
}

/** The top folder of the repository at `path`; neither it nor its Git folder may be the hub's own. */
async function repositoryAt(ctx: Context, path: string): Promise<string> {
  const root = await repositoryRoot(path)
  await assertOutsideDataDir(ctx, root)
  await assertOutsideDataDir(ctx, await commonDir(root))
  return root
}

export function findRepository(ctx: Context, repo: string): Repository {
  const key = isAbsolute(repo) ? 'path' : 'id'
  const rows = ctx.store.all<RepoRow>(`SELECT * FROM repositories WHERE ${key} = :repo`, { repo })
  const { kind, repo: own } = ctx.principal
  const row = rows.find(({ org, path }) => maySee(ctx, org) && (kind !== 'agent' || path === own))
  if (row) return toRepository(row)
  throw new HubError('not_found', `no repository ${JSON.stringify(repo)} is known to this hub`, {
    hint: 'repo_list shows those that are; a repository becomes known with its first task.',
  })
}

const byPath = (ctx: Context, org: string, path: string) => {
  const row = ctx.store.get<RepoRow>(
    'SELECT * FROM repositories WHERE org = :org AND path = :path',
    { org, path },
  )
  return row && toRepository(row)
}

export type RepoRow = Row & {
  id: string
  org: string
  path: string
  default_branch: string
  provider: 'local'
  created_at: number
}

export const toRepository = (row: RepoRow): Repository => ({
  id: row.id,
  org: row.org,
  path: row.path,
  defaultBranch: row.default_branch,
  provider: row.provider,
  createdAt: row.created_at,
})

/** The branch the user has checked out, or the likeliest default when there is none. */
export async function currentBranch(userPath: string): Promise<string> {
  const head = await gitRaw(['-C', userPath, 'symbolic-ref', '--quiet', '--short', 'HEAD'])
  if (head.exitCode === 0) return head.stdout.toString('utf8').trim()
  const branches = (
    await git(['-C', userPath, 'for-each-ref', '--format=%(refname:short)', 'refs/heads'])
  ).split('\n')
  const branch = ['main', 'master', 'trunk'].find((name) => branches.includes(name)) ?? branches[0]
  if (branch) return branch
  throw new HubError('invalid', `${userPath} has no branch to work from`, {
    hint: 'Commit something first.',
  })
}

/**
 * The working tree of a repository: one that is known, or, for an owner, any on this machine. It is
 * for files as they lie there; commits and branches go through the hub's own copy.
 */
export async function workingTree(
  ctx: Context,
  repo: string,
): Promise<{ id: string; org: string; path: string }> {
  const isOwner = ctx.principal.roles.includes('owner')
  if (!isOwner || !isAbsolute(repo)) return findRepository(ctx, repo)
  const path = await repositoryAt(ctx, repo)
  return (
    byPath(ctx, orgFor(ctx, undefined), path) ?? { id: path, org: orgFor(ctx, undefined), path }
  )
}
