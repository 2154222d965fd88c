import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { git } from '../kit/git.ts'
import { defineTool } from '../kit/tool.ts'
import { findChange, openChange } from './change-access.ts'
import { authorName, requireCommit, withCopy } from './git/copy.ts'
import { isAncestor } from './git/history.ts'
import { mergeCommit } from './git/merge-commit.ts'
import { assertOpen } from './store/change-state.ts'
import { recordChange, requireChange } from './store/changes.ts'
import { addMergeCheck, endMergeCheck, readMergeCheck } from './store/merge-checks.ts'

const change = z.string().max(60).describe('Change id')

export const changeCheck = defineTool({
  name: 'change_check',
  title: 'Check a merge beforehand',
  description:
    'Has the checks run on what merging a change with its target as that is now would give, in a task of its own; the target is not touched. For orgs that set `checksOnMerge`; change_read says what came of it.',
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  input: { change },
  output: z.object({
    state: z
      .enum(['current', 'running', 'passed', 'failed'])
      .describe('current: the target has nothing that the change has not'),
    merged: z.string().optional().describe('Commit that is checked'),
  }),
  run: async ({ change: id }, ctx) => {
    const row = await findChange(ctx, id)
    assertOpen(row)
    ctx.ensure('change.review', { change: id, task: row.task ?? undefined })
    const { provider, copy, change } = await openChange(ctx, row)
    await provider.refresh()
    const target = await requireCommit(copy, row.target)
    if (await isAncestor(copy, target, row.head)) return { state: 'current' as const }
    const merged = await withCopy(copy, async () => {
      const commit = await mergeCommit(copy, {
        ...{ target, head: row.head, squash: false, at: change.proposedAt },
        message: `${row.title}\n\nChange: ${id}\n`,
        author: authorName(row.author),
      })
      // Only what a ref names is kept.
      await git(['--git-dir', copy.dir, 'update-ref', `refs/switchyard/check/${id}`, commit])
      return commit
    })
    const sides = { change: id, head: row.head, target }
    const check = await ctx.transaction(async (tx) => {
      const now = await requireChange(tx, id)
      if (now.head !== row.head)
        throw new HubError('conflict', `change ${id} has a new revision`, {
          hint: 'Send the call again.',
        })
      tx.about(id)
      if (await addMergeCheck(tx, { ...sides, merged }))
        await recordChange(tx, now, 'change.checking', { merged, target })
      return readMergeCheck(tx, sides)
    })
    return { state: check?.state ?? ('running' as const), merged: check?.merged ?? merged }
  },
})

export const changeChecked = defineTool({
  name: 'change_checked',
  title: 'Say what came of a check',
  description:
    'Keeps what the checks said of a change merged with its target. Called by the review controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    change,
    merged: z.string().max(64).describe('Commit that was checked'),
    passed: z.boolean().describe('Whether all checks passed'),
    task: z.string().max(60).describe('Task that ran them'),
  },
  output: z.object({ recorded: z.boolean() }),
  run: async ({ change: id, merged, passed, task }, ctx) => {
    await findChange(ctx, id)
    return ctx.transaction(async (tx) => {
      const state = passed ? ('passed' as const) : ('failed' as const)
      tx.about(id)
      const recorded = await endMergeCheck(tx, { change: id, merged, state, task })
      if (recorded)
        await recordChange(tx, await requireChange(tx, id), 'change.checked', { merged, state })
      return { recorded }
    })
  },
})
