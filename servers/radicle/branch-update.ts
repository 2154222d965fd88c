import { z } from 'zod'
import { ConflictFile } from '../../schemas/change.ts'
import { defineTool } from '../kit/tool.ts'
import { authorName, requireCommit, withCopy } from './git/copy.ts'
import { conflictFiles, mergeTree } from './git/merge-tree.ts'
import { beginMerge } from './git/worktrees.ts'
import { openWorkspace, recordCall, taskInput } from './workspaces.ts'

export const branchUpdate = defineTool({
  name: 'branch_update',
  title: 'Bring a branch up to date',
  description:
    "Merges the target branch as it is now into a task's worktree and leaves conflicts there between markers. The next commit_create completes the merge, once no markers are left.",
  effect: 'update',
  scope: 'repo:write',
  idempotent: true,
  input: { task: taskInput },
  output: z.object({
    state: z
      .enum(['current', 'merged', 'conflicts'])
      .describe('merged and conflicts wait for a commit'),
    target: z.string().describe('Name of the target branch'),
    commit: z.string().describe('Commit of it that is merged'),
    files: z.array(ConflictFile).describe('Files that conflict'),
  }),
  run: async ({ task }, ctx) => {
    const { workspace, provider, copy } = await openWorkspace(ctx, task)
    await provider.refresh()
    const { path, target } = workspace
    const commit = await requireCommit(copy, target)
    const author = authorName(ctx.principal.id)
    const message = `Work before merging ${target}\n\nTask: ${task}\n`
    const result = await withCopy(copy, async () => {
      const merge = await beginMerge(copy, { path, name: task, commit, message, author })
      if (!merge) return { state: 'current' as const, target, commit, files: [] }
      const merged = await mergeTree(copy, merge.ours, merge.theirs)
      const files = await conflictFiles(copy, merged)
      const state = files.length > 0 ? ('conflicts' as const) : ('merged' as const)
      return { state, target, commit: merge.theirs, files }
    })
    await recordCall(ctx, task)
    return result
  },
})
