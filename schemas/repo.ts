import { z } from 'zod'

/** A repository the hub works on: the user's own, plus a bare clone in the data directory. */
export const Repository = z.object({
  id: z.string(),
  org: z.string(),
  path: z.string().describe("The user's repository on the hub machine"),
  defaultBranch: z.string(),
  provider: z.string().describe('What keeps it and its changes; local is Git on the hub machine'),
  createdAt: z.int(),
})
export type Repository = z.infer<typeof Repository>

/** A repository as its provider has it. */
export const RepositoryElsewhere = z.object({
  address: z.string().describe('Its id or address there'),
  identity: z.string().describe('Under which name this hub acts there'),
  delegates: z.array(z.string()).optional().describe('Who may move its default branch'),
  threshold: z.int().optional().describe('How many of them it takes'),
})
export type RepositoryElsewhere = z.infer<typeof RepositoryElsewhere>

export const Commit = z.object({
  hash: z.string(),
  author: z.string(),
  subject: z.string(),
  at: z.int(),
})
export type Commit = z.infer<typeof Commit>

/** A task's own checkout: a Git worktree on the task's branch, apart from the user's. */
export const Workspace = z.object({
  repo: z.string(),
  task: z.string(),
  branch: z.string(),
  base: z.string().describe('Commit the branch started from'),
  target: z.string().describe('Branch a change would merge into'),
  path: z.string().describe('Folder of the worktree on the hub machine'),
})
export type Workspace = z.infer<typeof Workspace>

/** What builds leave behind and nobody means to commit, in repositories that do not ignore it. */
export const neverCommitted = ['node_modules/', '.venv/', '__pycache__/', '*.pyc', '.pytest_cache/']
