import { join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Commit, Repository } from '../../schemas/repo.ts'
import type { Repository as Repo } from '../../schemas/repo.ts'
import type { Context } from '../kit/context.ts'
import { orgFilter } from '../kit/context.ts'
import { git } from '../kit/git.ts'
import { withLock } from '../kit/locks.ts'
import { cursorNumber, pageOf } from '../kit/page.ts'
import type { RepoRow } from '../kit/repositories.ts'
import { findRepository, toRepository } from '../kit/repositories.ts'
import { defineTool } from '../kit/tool.ts'
import type { Bare } from './providers/local.ts'
import { ensureBare, fetchUser, resolveCommit } from './providers/local.ts'
import { diffText, readLog } from './providers/local-diff.ts'
import { repositoriesText, repositoryText, commitsText, shownDiff } from './texts.ts'

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
  text: repositoriesText,
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
  text: repositoryText,
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
  text: commitsText,
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
    max_bytes: z.int().min(100).max(1_048_576).default(8192).describe('Most bytes to return'),
  },
  output: z.object({ diff: z.string(), truncated: z.boolean() }),
  text: shownDiff,
  run: async ({ repo, from, to, max_bytes: maxBytes }, ctx) => {
    const bare = await freshBare(ctx, findRepository(ctx, repo))
    const [a, b] = await Promise.all([requireCommit(bare, from), requireCommit(bare, to)])
    return diffText(bare, a, b, maxBytes)
  },
})

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
