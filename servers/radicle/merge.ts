import { z } from 'zod'
import { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { git } from '../kit/git.ts'
import { withLock } from '../kit/locks.ts'
import { defineTool } from '../kit/tool.ts'
import type { ChangeRow } from './change-rows.ts'
import { findChange, lastRevision, toChange, touchChange } from './change-rows.ts'
import type { Bare } from './providers/local.ts'
import { checkoutsOf, ensureBare, fetchUser, publishBranch } from './providers/local.ts'
import { isAncestor, mergeCommit } from './providers/local-diff.ts'
import { findRepository } from '../kit/repositories.ts'
import { bareOf, requireCommit } from './repositories.ts'
import { requireOpen } from './review.ts'

const Strategy = z.enum(['merge', 'squash', 'fast_forward'])

export const changeMerge = defineTool({
  name: 'change_merge',
  title: 'Merge a change',
  description:
    "Brings a change into its target branch in the user's repository, if the change is still at `expect_head`. A checked-out target is left alone unless `update_checkout` is given.",
  effect: 'destroy',
  scope: 'repo:merge',
  idempotent: true,
  input: {
    change: z.string().max(60).describe('Change id'),
    expect_head: z
      .string()
      .regex(/^[0-9a-f]{40,64}$/)
      .describe('`head` of the change as you reviewed it'),
    strategy: Strategy.default('merge').describe(
      'merge keeps the commits, squash makes one, fast_forward adds none',
    ),
    update_checkout: z
      .boolean()
      .default(false)
      .describe('Fast-forward a clean checkout of the target branch too'),
  },
  output: Change,
  run: async (
    { change: id, expect_head: expected, strategy, update_checkout: updateCheckout },
    ctx,
  ) => {
    const row = findChange(ctx, ctx.store, id)
    if (row.state === 'merged' && row.head === expected) return toChange(ctx.store, row)
    requireOpen(row)
    requireHead(row, expected)
    const bare = bareOf(ctx, findRepository(ctx, row.repo))
    const mergedAs = await withLock(bare.dir, () =>
      bringIn(ctx, bare, row, strategy, updateCheckout),
    )
    return ctx.write((tx) => {
      const now = findChange(ctx, tx, id)
      if (now.state === 'merged') return toChange(tx, now)
      const merged = {
        ...now,
        state: 'merged',
        merged_as: mergedAs,
        merged_by: ctx.principal.id,
      } as const
      return toChange(
        tx,
        touchChange(tx, merged, 'change.merged', { mergedAs, target: row.target }),
      )
    })
  },
})

/** Moves the target branch and returns the commit on it that carries the change. Safe to repeat. */
async function bringIn(
  ctx: Context,
  bare: Bare,
  row: ChangeRow,
  strategy: z.infer<typeof Strategy>,
  updateCheckout: boolean,
): Promise<string> {
  await ensureBare(bare)
  await fetchUser(bare)
  const target = await requireCommit(bare, row.target)
  const done = await mergedEarlier(bare, row, target)
  if (done) return done
  const commit = await commitFor(ctx, bare, row, strategy, target)
  const ref = `refs/switchyard/merged/${row.id}` // Only what a ref names can be fetched.
  await git(['--git-dir', bare.dir, 'update-ref', ref, commit])
  const checkouts = await checkoutsOf(bare.userPath, row.target)
  if (checkouts.length === 0) {
    await publishBranch(bare, ref, row.target, false)
    return commit
  }
  if (!updateCheckout) {
    throw new HubError(
      'conflict',
      `${row.target} is checked out in ${checkouts.join(', ')}, so it was left alone`,
      {
        hint: 'Pass update_checkout to fast-forward it there (its files must be clean), or switch to another branch first.',
        details: { checkouts },
      },
    )
  }
  for (const folder of checkouts) await fastForward(bare, folder, ref, commit)
  return commit
}

async function commitFor(
  ctx: Context,
  bare: Bare,
  row: ChangeRow,
  strategy: z.infer<typeof Strategy>,
  target: string,
) {
  if (strategy === 'fast_forward') {
    if (await isAncestor(bare, target, row.head)) return row.head
    throw new HubError(
      'conflict',
      `${row.target} has moved on, so the change cannot be fast-forwarded`,
      {
        hint: 'Use strategy merge or squash.',
      },
    )
  }
  const at = lastRevision(ctx.store, row.id)?.createdAt ?? row.created_at
  const message = `${row.title}\n\n${row.body.trim()}\n\nChange: ${row.id}\n`
  const author = ctx.principal.id.replace(/[^\w.@-]/g, '-')
  return mergeCommit(bare, {
    target,
    head: row.head,
    squash: strategy === 'squash',
    message,
    at,
    author,
  })
}

/** A merge that reached the repository before the hub could record it. */
async function mergedEarlier(
  bare: Bare,
  row: ChangeRow,
  target: string,
): Promise<string | undefined> {
  const args = [
    'log',
    '--format=%H',
    '--max-count=1',
    '--fixed-strings',
    `--grep=Change: ${row.id}`,
    target,
  ]
  const found = (await git(['--git-dir', bare.dir, ...args])).trim()
  if (found) return found
  return (await isAncestor(bare, row.head, target)) ? target : undefined
}

/** Git itself refuses when files that the merge changes have local edits. */
async function fastForward(bare: Bare, folder: string, ref: string, commit: string): Promise<void> {
  await git([
    '-C',
    folder,
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-auto-gc',
    bare.dir,
    ref,
  ])
  await git(['-C', folder, 'merge', '--quiet', '--ff-only', '--no-verify', commit])
}

function requireHead(row: ChangeRow, expected: string): void {
  if (row.head === expected) return
  throw new HubError('conflict', `change ${row.id} is at ${row.head}, not at ${expected}`, {
    hint: 'A new revision came in: read it, then merge with its head.',
    details: { head: row.head },
  })
}
