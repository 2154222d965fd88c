import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `workspaces`: the branch and worktree of each task.

export type WorkspaceRow = Row & {
  task: string
  repo: string
  branch: string
  base: string
  target: string
}

export const readWorkspace = (reader: Reader, task: string): Promise<WorkspaceRow | undefined> =>
  reader.get<WorkspaceRow>(
    'SELECT task, repo, branch, base, target FROM workspaces WHERE task = :task',
    { task },
  )

/** Keeps the workspace of a task and returns it; the first one of a task stands. */
export async function keepWorkspace(tx: Transaction, given: WorkspaceRow): Promise<WorkspaceRow> {
  await tx.run(
    `INSERT INTO workspaces (task, repo, branch, base, target, created_at)
     VALUES (:task, :repo, :branch, :base, :target, :now) ON CONFLICT (task) DO NOTHING`,
    { ...given, now: tx.now },
  )
  tx.about(given.task)
  return (await readWorkspace(tx, given.task)) ?? given
}
