import { z } from 'zod'
import { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { findChange, openChange } from './change-access.ts'
import type { ChangeRow } from './store/changes.ts'
import { assertOpen, mergeChange, toChange } from './store/changes.ts'

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
    strategy: z
      .enum(['merge', 'squash', 'fast_forward'])
      .default('merge')
      .describe('merge keeps the commits, squash makes one, fast_forward adds none'),
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
    const row = await findChange(ctx, id)
    if (row.state === 'merged' && row.head === expected) return toChange(row)
    assertOpen(row)
    requireHead(row, expected)
    const { provider, change } = await openChange(ctx, row)
    const by = ctx.principal.id
    const mergedAs = await provider.merge(change, { strategy, updateCheckout, by })
    return toChange(await ctx.transaction((tx) => mergeChange(tx, id, { mergedAs, mergedBy: by })))
  },
})

function requireHead(row: ChangeRow, expected: string): void {
  if (row.head === expected) return
  throw new HubError('conflict', `change ${row.id} is at ${row.head}, not at ${expected}`, {
    hint: 'A new revision came in: read it, then merge with its head.',
    details: { head: row.head },
  })
}
