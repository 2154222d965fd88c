import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Repository } from '../../schemas/repo.ts'
import { Workspace } from '../../schemas/repo.ts'
import type { Context } from '../kit/context.ts'
import { assertBranchName } from '../kit/git.ts'
import { findRepository } from '../kit/repositories.ts'
import { agentsOf } from '../kit/store/attempt-agents.ts'
import { defineTool } from '../kit/tool.ts'
import type { GitCopy } from './git/copy.ts'
import { authorName, copyOf, requireCommit, resolveCommit, withCopy } from './git/copy.ts'
import { exchangeOf, removeExchange } from './git/exchange.ts'
import { takePushed } from './git/take-pushed.ts'
import { addWorktree, commitAll } from './git/worktrees.ts'
import type { ChangeProvider } from './providers/provider.ts'
import { providerOf } from './providers/providers.ts'
import { ensureRepository } from './registration.ts'
import { repoInput } from './repositories.ts'
import type { WorkspaceRow } from './store/workspaces.ts'
import { keepWorkspace, readWorkspace } from './store/workspaces.ts'

export const taskInput = z
  .string()
  .max(60)
  .regex(/^task-[a-z0-9-]+$/, 'expected the id of a task, such as task-1jb2m6k8h00-7k3q9')
  .describe('Task whose workspace it is')

export const branchCreate = defineTool({
  name: 'branch_create',
  title: 'Create a branch',
  description:
    "With `task`, makes the task's own worktree and branch in the data directory, or returns the one it has. With `branch`, makes a plain branch in the repository without checking it out.",
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  input: {
    repo: repoInput,
    task: taskInput.optional(),
    branch: z
      .string()
      .max(200)
      .optional()
      .describe('Name of the branch; default for a task: switchyard/TASK'),
    ref: z
      .string()
      .max(200)
      .optional()
      .describe('Branch, tag or commit to start from; default: the current branch'),
    target: z
      .string()
      .max(200)
      .optional()
      .describe('With `task`: branch its change goes into; default: `ref`, or the default branch'),
  },
  // A plain branch has no worktree, so it comes without the rest.
  output: Workspace.partial({ repo: true, task: true, target: true, path: true }),
  run: async ({ repo, task, branch, ref, target: wanted }, ctx) => {
    ctx.ensure('workspace.use', { task })
    if (branch !== undefined) await assertBranchName(branch)
    const known = task === undefined ? undefined : await findWorkspace(ctx, task)
    if (known && (await stat(known.path).catch(() => undefined))) return known // Gone: made anew below.
    const repository = await ensureRepository(ctx, repo)
    const [provider, copy] = [providerOf(ctx, repository), copyOf(ctx, repository)]
    await provider.refresh()
    const start = ref ?? (await provider.currentBranch())
    const base = await requireCommit(copy, start)
    if (task === undefined) {
      if (branch === undefined)
        throw new HubError('invalid', 'branch_create needs `task` or `branch`')
      await provider.createBranch(branch, base, ctx.principal.id)
      await recordCall(ctx, repository.id)
      return { branch, base }
    }
    // What an interrupted attempt committed is on the branch already; a lost worktree starts there.
    const name = known?.branch ?? branch ?? `switchyard/${task}`
    const reached = known && (await resolveCommit(copy, known.branch))
    const path = workspacePath(ctx, task)
    await withCopy(copy, () => addWorktree(copy, { path, branch: name, base: reached ?? base }))
    const isBranch = await resolveCommit(copy, `refs/remotes/origin/${wanted ?? start}`)
    if (wanted !== undefined && !isBranch)
      await requireCommit(copy, `refs/remotes/origin/${wanted}`)
    const target = isBranch ? (wanted ?? start) : repository.defaultBranch
    const row = await ctx.transaction((tx) =>
      keepWorkspace(tx, { task, repo: repository.id, branch: name, base, target }),
    )
    return toWorkspace(ctx, row)
  },
})

export const commitCreate = defineTool({
  name: 'commit_create',
  title: 'Commit the work',
  description:
    "Commits everything that changed in a task's worktree to its branch, without running hooks. With nothing to commit it returns the present head. With `head`, takes a commit that was pushed to /git/TASK instead.",
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  input: {
    task: taskInput,
    message: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .describe('Commit message; left out with `head`'),
    head: z
      .string()
      .regex(
        /^[0-9a-f]{40,64}$/,
        'expected the whole hash of a commit: 40 to 64 hexadecimal digits',
      )
      .optional()
      .describe('Pushed commit that the branch moves to'),
  },
  output: z.object({ head: z.string(), committed: z.boolean() }),
  run: async ({ task, message, head }, ctx) => {
    if ((message === undefined) === (head === undefined))
      throw new HubError('invalid', 'commit_create needs `message` or `head`, one of them')
    const { workspace, copy } = await openWorkspace(ctx, task)
    const author = ctx.principal.id
    const text = `${message?.trim()}\n\nTask: ${task}\n`
    const agents = head === undefined ? [] : await agentsOf(ctx.reader, task)
    const commit = await withCopy(copy, () =>
      head === undefined
        ? commitAll(copy, {
            ...{ path: workspace.path, name: task, message: text },
            author: authorName(author),
          })
        : takePushed(copy, exchangeOf(ctx, workspace), {
            ...{ workspace, head, authors: [...agents, author] },
          }),
    )
    await recordCall(ctx, task)
    return commit
  },
})

export const branchPush = defineTool({
  name: 'branch_push',
  title: 'Publish the branch',
  description:
    "Makes a task's branch appear in the user's repository, without touching what is checked out there. change_open does this by itself.",
  effect: 'update',
  scope: 'repo:write',
  idempotent: true,
  input: { task: taskInput },
  output: z.object({ branch: z.string(), head: z.string() }),
  run: async ({ task }, ctx) => {
    const { workspace, provider, copy } = await openWorkspace(ctx, task)
    const { branch } = workspace
    await provider.publishBranch(branch, ctx.principal.id)
    const head = await requireCommit(copy, `refs/heads/${branch}`)
    await recordCall(ctx, task)
    return { branch, head }
  },
})

export const workspaceRemove = defineTool({
  name: 'workspace_remove',
  title: 'Remove a workspace',
  description:
    'Deletes the folder of a task that is over; its branch and commits stay. Called by a controller.',
  effect: 'destroy',
  scope: 'system',
  idempotent: true,
  input: { task: taskInput },
  output: z.object({ removed: z.boolean() }),
  run: async ({ task }, ctx) => {
    const row = await readWorkspace(ctx.reader, task)
    if (row) await removeExchange(exchangeOf(ctx, row))
    const folder = join(ctx.dataDir, 'work', task)
    const found = await stat(folder).catch(() => undefined) // Nothing there: nothing to do.
    if (!found) return { removed: false }
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    await recordCall(ctx, task)
    return { removed: true }
  },
})

/** The workspace of a task that the caller may work in, with the repository behind it. */
export async function openWorkspace(
  ctx: Context,
  task: string,
): Promise<{
  workspace: Workspace
  repository: Repository
  provider: ChangeProvider
  copy: GitCopy
}> {
  ctx.ensure('workspace.use', { task })
  const workspace = await findWorkspace(ctx, task)
  if (!workspace) {
    throw new HubError('not_found', `task ${task} has no workspace`, {
      hint: 'branch_create makes it.',
    })
  }
  const repository = await findRepository(ctx, workspace.repo)
  return {
    workspace,
    repository,
    provider: providerOf(ctx, repository),
    copy: copyOf(ctx, repository),
  }
}

async function findWorkspace(ctx: Context, task: string): Promise<Workspace | undefined> {
  const row = await readWorkspace(ctx.reader, task)
  if (!row) return undefined
  await findRepository(ctx, row.repo) // Refuses a workspace of an org the caller may not see.
  return toWorkspace(ctx, row)
}

const toWorkspace = (ctx: Context, row: WorkspaceRow): Workspace => ({
  ...row,
  path: workspacePath(ctx, row.task),
})

// The folder carries the task's name because Git names its own record of a worktree after it.
const workspacePath = (ctx: Context, task: string) => join(ctx.dataDir, 'work', task, task)

/** Leaves the audit row of an effect that has no row of its own. */
export const recordCall = (ctx: Context, subject: string): Promise<void> =>
  ctx.transaction((tx) => Promise.resolve(tx.about(subject)))
