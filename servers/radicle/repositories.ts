import { z } from 'zod'
import { Org } from '../../schemas/principal.ts'
import { longPageInput, page } from '../../schemas/page.ts'
import { Commit, Repository, RepositoryElsewhere } from '../../schemas/repo.ts'
import type { Context } from '../kit/context.ts'
import { orgFilter } from '../kit/context.ts'
import { cursorNumber, pageOf } from '../kit/page.ts'
import { findRepository } from '../kit/repositories.ts'
import { listRepositories } from '../kit/store/repositories.ts'
import { defineTool } from '../kit/tool.ts'
import type { GitCopy } from './git/copy.ts'
import { copyOf, requireCommit } from './git/copy.ts'
import { diffText, readLog } from './git/history.ts'
import { providerOf } from './providers/providers.ts'
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
  input: { org: Org.optional().describe('Only this org'), ...longPageInput },
  output: page(Repository),
  text: repositoriesText,
  run: async ({ org, ...asked }, ctx) => {
    const { items, ...rest } = await listRepositories(ctx.reader, orgFilter(ctx, org), asked)
    return {
      items: items.filter((item) => ctx.may('row.see', { org: item.org, repo: item.path })),
      ...rest,
    }
  },
})

export const repoRead = defineTool({
  name: 'repo_read',
  title: 'Read a repository',
  description:
    'Shows one repository with its branches and their heads, where it is kept, and who may merge there. Use repo_log for commits and change_list for what is proposed.',
  effect: 'read',
  scope: 'repo:read',
  input: { repo: repoInput },
  output: z.object({
    repository: Repository,
    branches: z.array(z.object({ name: z.string(), head: z.string(), at: z.int() })),
    about: RepositoryElsewhere.optional().describe('Missing for Git on the hub machine'),
  }),
  text: repositoryText,
  run: async ({ repo }, ctx) => {
    const repository = await findRepository(ctx, repo)
    const provider = providerOf(ctx, repository)
    const [branches, about] = await Promise.all([provider.branches(), provider.about?.()])
    return { repository, branches, ...(about === undefined ? {} : { about }) }
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
    const repository = await findRepository(ctx, repo)
    const copy = await freshCopy(ctx, repository)
    const commit = await requireCommit(copy, ref ?? repository.defaultBranch)
    const skip = cursorNumber(cursor, 0)
    const commits = await readLog(copy, commit, limit + 1, skip)
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
    const copy = await freshCopy(ctx, await findRepository(ctx, repo))
    const [a, b] = await Promise.all([requireCommit(copy, from), requireCommit(copy, to)])
    return diffText(copy, a, b, maxBytes)
  },
})

async function freshCopy(ctx: Context, repository: Repository): Promise<GitCopy> {
  await providerOf(ctx, repository).refresh()
  return copyOf(ctx, repository)
}
