import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Commit, Repository } from '../../schemas/repo.ts'
import type { Repository as Repo } from '../../schemas/repo.ts'
import type { Context } from '../kit/context.ts'
import { maySee, orgFilter, orgFor } from '../kit/context.ts'
import { git, repositoryRoot } from '../kit/git.ts'
import { withLock } from '../kit/locks.ts'
import { cursorNumber, pageOf } from '../kit/page.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row } from '../kit/tx.ts'
import type { Bare } from './providers/local.ts'
import { currentBranch, ensureBare, fetchUser, resolveCommit } from './providers/local.ts'
import { diffText, readLog } from './providers/local-diff.ts'

export const repoInput = z
  .string()
  .max(4096)
  .describe('Repository id, or absolute path on the hub machine')

export const repoList = defineTool({
  name: 'repo_list',
  title: 'List repositories',
  description:
    'Lists the repositories the hub has worked on. A repository becomes known with its first task.',
  effect: 'read',
  scope: 'repo:read',
  input: { org: Org.optional().describe('Only this org') },
  output: z.object({ items: z.array(Repository) }),
  run: async ({ org }, ctx) => {
    const orgs = orgFilter(ctx, org)
    const where = orgs === undefined ? '' : 'WHERE org IN (SELECT value FROM json_each(:orgs))'
    const rows = ctx.store.all<RepoRow>(
      `SELECT * FROM repositories ${where} ORDER BY path LIMIT 500`,
      {
        ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
      },
    )
    return { items: rows.map(toRepository) }
  },
})

export const repoRead = defineTool({
  name: 'repo_read',
  title: 'Read a repository',
  description:
    'Shows one repository with its branches and their heads. Use repo_log for commits and change_list for what is proposed.',
  effect: 'read',
  scope: 'repo:read',
  input: { repo: repoInput },
  output: z.object({
    repository: Repository,
    branches: z.array(z.object({ name: z.string(), head: z.string(), at: z.int() })),
  }),
  run: async ({ repo }, ctx) => {
    const repository = findRepository(ctx, repo)
    const format = '--format=%(refname:lstrip=2)%09%(objectname)%09%(committerdate:unix)'
    const args = ['for-each-ref', '--sort=-committerdate', '--count=200', format, 'refs/heads']
    const text = await git(['-C', repository.path, ...args])
    const branches = text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', head = '', at = '0'] = line.split('\t')
        return { name, head, at: Number(at) * 1000 }
      })
    return { repository, branches }
  },
})

export const repoLog = defineTool({
  name: 'repo_log',
  title: 'List commits',
  description:
    'Lists the commits of a branch, newest first. Use repo_diff to see what one changed.',
  effect: 'read',
  scope: 'repo:read',
  input: {
    repo: repoInput,
    ref: z
      .string()
      .max(200)
      .optional()
      .describe('Branch, tag or commit; default: the default branch'),
    cursor: z.string().max(200).optional().describe('`next` of the previous page'),
    limit: z.int().min(1).max(200).default(25).describe('Most commits to return'),
  },
  output: z.object({ items: z.array(Commit), next: z.string().optional() }),
  run: async ({ repo, ref, cursor, limit }, ctx) => {
    const repository = findRepository(ctx, repo)
    const bare = await freshBare(ctx, repository)
    const commit = await requireCommit(bare, ref ?? repository.defaultBranch)
    const skip = cursorNumber(cursor, 0)
    const commits = await readLog(bare, commit, limit + 1, skip)
    return pageOf(
      commits,
      limit,
      (item) => item,
      () => skip + limit,
    )
  },
})

export const repoDiff = defineTool({
  name: 'repo_diff',
  title: 'Show a diff',
  description:
    'Shows the unified diff between two commits or branches. Use change_read for the diff of a proposed change.',
  effect: 'read',
  scope: 'repo:read',
  input: {
    repo: repoInput,
    from: z.string().max(200).describe('Branch, tag or commit to compare with'),
    to: z.string().max(200).describe('Branch, tag or commit to show'),
    max_bytes: z.int().min(100).max(1_048_576).default(16_384).describe('Most bytes to return'),
  },
  output: z.object({ diff: z.string(), truncated: z.boolean() }),
  run: async ({ repo, from, to, max_bytes: maxBytes }, ctx) => {
    const bare = await freshBare(ctx, findRepository(ctx, repo))
    const [a, b] = await Promise.all([requireCommit(bare, from), requireCommit(bare, to)])
    return diffText(bare, a, b, maxBytes)
  },
})

/** A repository by id or path; one the hub has not met is taken on when the caller may write. */
export async function ensureRepository(ctx: Context, repo: string, org?: string): Promise<Repo> {
  if (!isAbsolute(repo)) return findRepository(ctx, repo)
  const path = await repositoryRoot(repo)
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
    const repository: Repo = {
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

export function findRepository(ctx: Context, repo: string): Repo {
  const key = isAbsolute(repo) ? 'path' : 'id'
  const rows = ctx.store.all<RepoRow>(`SELECT * FROM repositories WHERE ${key} = :repo`, { repo })
  const { kind, repo: own } = ctx.principal
  const row = rows.find(({ org, path }) => maySee(ctx, org) && (kind !== 'agent' || path === own))
  if (row) return toRepository(row)
  throw new HubError('not_found', `no repository ${JSON.stringify(repo)} is known to this hub`, {
    hint: 'repo_list shows those that are; a repository becomes known with its first task.',
  })
}

export const bareOf = (ctx: Context, repository: Repo): Bare => ({
  dir: join(ctx.dataDir, 'repos', `${repository.id}.git`),
  userPath: repository.path,
})

/** The hub's copy with the user's present branches. Git operations on one copy never overlap. */
export async function freshBare(ctx: Context, repository: Repo): Promise<Bare> {
  const bare = bareOf(ctx, repository)
  await withLock(bare.dir, async () => {
    await ensureBare(bare)
    await fetchUser(bare)
  })
  return bare
}

export async function requireCommit(bare: Bare, ref: string): Promise<string> {
  const commit = await resolveCommit(bare, ref)
  if (commit) return commit
  throw new HubError(
    'not_found',
    `${bare.userPath} has no branch, tag or commit ${JSON.stringify(ref)}`,
    {
      hint: 'repo_read lists the branches.',
    },
  )
}

const byPath = (ctx: Context, org: string, path: string) => {
  const row = ctx.store.get<RepoRow>(
    'SELECT * FROM repositories WHERE org = :org AND path = :path',
    { org, path },
  )
  return row && toRepository(row)
}

type RepoRow = Row & {
  id: string
  org: string
  path: string
  default_branch: string
  provider: 'local'
  created_at: number
}

const toRepository = (row: RepoRow): Repo => ({
  id: row.id,
  org: row.org,
  path: row.path,
  defaultBranch: row.default_branch,
  provider: row.provider,
  createdAt: row.created_at,
})
