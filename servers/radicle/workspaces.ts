import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Workspace } from '../../schemas/repo.ts'
import type { Workspace as Space } from '../../schemas/repo.ts'
import type { Context } from '../kit/context.ts'
import { assertBranchName, git } from '../kit/git.ts'
import { withLock } from '../kit/locks.ts'
import { currentBranch, ensureRepository, findRepository } from '../kit/repositories.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row } from '../kit/tx.ts'
import type { Bare } from './providers/local.ts'
import { addWorktree, commitAll, publishBranch, resolveCommit } from './providers/local.ts'
import { bareOf, freshBare, repoInput, requireCommit } from './repositories.ts'

const taskInput = z
  .string()
  .max(60)
  .regex(/^task-[a-z0-9-]+$/)
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
  },
  // A plain branch has no worktree, so it comes without the rest.
  output: Workspace.partial({ repo: true, task: true, target: true, path: true }),
  run: async ({ repo, task, branch, ref }, ctx) => {
    assertOwnTask(ctx, task)
    if (branch !== undefined) await assertBranchName(branch)
    const known = task === undefined ? undefined : readWorkspace(ctx, task)
    if (known && (await stat(known.path).catch(() => undefined))) return known // Gone: made anew below.
    const repository = await ensureRepository(
      ctx,
      repo,
      ctx.principal.orgs[0] === '*' ? undefined : ctx.principal.orgs[0],
    )
    const bare = await freshBare(ctx, repository)
    const start = ref ?? (await currentBranch(repository.path))
    const base = await requireCommit(bare, start)
    if (task === undefined) {
      if (branch === undefined)
        throw new HubError('invalid', 'branch_create needs `task` or `branch`')
      await git(['-C', repository.path, 'branch', '--no-track', branch, base])
      return { branch, base }
    }
    // What an interrupted attempt committed is on the branch already; a lost worktree starts there.
    const name = known?.branch ?? branch ?? `switchyard/${task}`
    const reached = known && (await resolveCommit(bare, known.branch))
    const path = workspacePath(ctx, task)
    await withLock(bare.dir, () => addWorktree(bare, { path, branch: name, base: reached ?? base }))
    const target = (await resolveCommit(bare, `refs/remotes/origin/${start}`))
      ? start
      : repository.defaultBranch
    return ctx.write((tx) => {
      tx.about(task)
      tx.run(
        `INSERT INTO workspaces (task, repo, branch, base, target, created_at)
         VALUES (:task, :repo, :name, :base, :target, :now) ON CONFLICT (task) DO NOTHING`,
        { task, repo: repository.id, name, base, target, now: tx.now },
      )
      return requireWorkspace(ctx, task)
    })
  },
})

export const commitCreate = defineTool({
  name: 'commit_create',
  title: 'Commit the work',
  description:
    "Commits everything that changed in a task's worktree to its branch, without running hooks. With nothing to commit it returns the present head.",
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  input: {
    task: taskInput,
    message: z.string().min(1).max(20_000).describe('Commit message'),
  },
  output: z.object({ head: z.string(), committed: z.boolean() }),
  run: async ({ task, message }, ctx) => {
    const { space, bare } = openWorkspace(ctx, task)
    const text = `${message.trim()}\n\nTask: ${task}\n`
    const author = ctx.principal.id.replace(/[^\w.@-]/g, '-')
    const commit = await withLock(bare.dir, () =>
      commitAll(bare, { path: space.path, name: task, message: text, author }),
    )
    await ctx.write((tx) => tx.about(task))
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
    const { space, bare } = openWorkspace(ctx, task)
    const head = await publish(bare, space.branch)
    await ctx.write((tx) => tx.about(task))
    return { branch: space.branch, head }
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
    const folder = join(ctx.dataDir, 'work', task)
    const found = await stat(folder).catch(() => undefined) // Nothing there: nothing to do.
    if (!found) return { removed: false }
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    await ctx.write((tx) => tx.about(task))
    return { removed: true }
  },
})

/** Publishes a task branch and returns its head. Task branches are the hub's own, so it may rewrite them. */
export async function publish(bare: Bare, branch: string): Promise<string> {
  return withLock(bare.dir, async () => {
    await publishBranch(bare, `refs/heads/${branch}`, branch, true)
    return requireCommit(bare, `refs/heads/${branch}`)
  })
}

export function openWorkspace(ctx: Context, task: string): { space: Space; bare: Bare } {
  assertOwnTask(ctx, task)
  const space = requireWorkspace(ctx, task)
  return { space, bare: bareOf(ctx, findRepository(ctx, space.repo)) }
}

function requireWorkspace(ctx: Context, task: string): Space {
  const space = readWorkspace(ctx, task)
  if (space) return space
  throw new HubError('not_found', `task ${task} has no workspace`, {
    hint: 'branch_create makes it.',
  })
}

function readWorkspace(ctx: Context, task: string): Space | undefined {
  const row = ctx.store.get<WorkspaceRow>('SELECT * FROM workspaces WHERE task = :task', { task })
  if (!row) return undefined
  findRepository(ctx, row.repo) // Refuses a workspace of an org the caller may not see.
  const { repo, branch, base, target } = row
  return { repo, task, branch, base, target, path: workspacePath(ctx, task) }
}

// The folder carries the task's name because Git names its own record of a worktree after it.
const workspacePath = (ctx: Context, task: string) => join(ctx.dataDir, 'work', task, task)

function assertOwnTask(ctx: Context, task: string | undefined): void {
  const bound = ctx.principal.task
  if (bound === undefined || bound === task) return
  throw new HubError('denied', `the credential of ${ctx.principal.id} is for ${bound} only`)
}

type WorkspaceRow = Row & {
  task: string
  repo: string
  branch: string
  base: string
  target: string
}
