import { z } from 'zod'
import type { Conflict, Mergeable } from '../../schemas/change.ts'
import { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { MergeStrategy } from '../../schemas/review-policy.ts'
import { defineTool } from '../kit/tool.ts'
import { assessChange } from './assessment.ts'
import { findChange, openChange } from './change-access.ts'
import type { ChangeRow } from './store/changes.ts'
import { assertOpen, assertReady } from './store/change-state.ts'
import { conflictChange, holdChange, mergeChange, toChange } from './store/changes.ts'
import { changeStateText } from './texts.ts'

export const changeMerge = defineTool({
  name: 'change_merge',
  title: 'Merge a change',
  description:
    "Brings a change into its target branch in the user's repository, if the change is still at `expect_head` and change_read names nothing that blocks. A checked-out target is left alone unless `update_checkout` is given.",
  effect: 'destroy',
  scope: 'repo:merge',
  idempotent: true,
  input: {
    change: z.string().max(60).describe('Change id'),
    expect_head: z
      .string()
      .regex(
        /^[0-9a-f]{40,64}$/,
        'expected the whole hash of a commit, as change_read shows it: 40 to 64 hexadecimal digits',
      )
      .describe('`head` of the change as you reviewed it'),
    strategy: MergeStrategy.optional().describe('Default: what the org has set, else merge'),
    update_checkout: z
      .boolean()
      .default(false)
      .describe('Fast-forward a clean checkout of the target branch too'),
    resolve: z
      .boolean()
      .default(false)
      .describe('Have an agent resolve a conflict with the target'),
    force: z.boolean().default(false).describe('For owners: merge whatever is missing'),
  },
  output: Change,
  text: changeStateText,
  run: async (input, ctx) => {
    const { change: id, expect_head: expected } = input
    const row = await findChange(ctx, id)
    if (row.state === 'merged' && row.head === expected) return toChange(row)
    assertOpen(row)
    assertReady(row)
    requireHead(row, expected)
    if (input.force) ctx.ensure('change.force', { change: id })
    const { policy, mergeable, conflict } = await assessChange(ctx, row)
    if (!input.force) requireReady(row, mergeable)
    const { provider, change } = await openChange(ctx, row)
    const by = ctx.principal.id
    const strategy = input.strategy ?? policy.strategy
    try {
      const mergedAs = await provider.merge(change, {
        strategy,
        updateCheckout: input.update_checkout,
        by,
      })
      return toChange(
        await ctx.transaction((tx) => mergeChange(tx, id, { mergedAs, mergedBy: by })),
      )
    } catch (error) {
      // Told after the provider was asked: it may have merged already, and then nothing conflicts.
      if (!conflict || !(error instanceof HubError) || error.code !== 'conflict') throw error
      if (!input.resolve) throw conflicting(row, conflict, error)
      return toChange(await ctx.transaction((tx) => conflictChange(tx, id, conflict)))
    }
  },
})

export const changeHold = defineTool({
  name: 'change_hold',
  title: 'Say why a change waits',
  description:
    'Keeps on an open change why it waits for a person, for people to see; its next revision removes it. Called by the review controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    change: z.string().max(60).describe('Change that waits'),
    reason: z.string().min(1).max(2000).describe('Why, and what to do about it'),
  },
  output: Change,
  run: async ({ change, reason }, ctx) => {
    await findChange(ctx, change)
    return toChange(await ctx.transaction((tx) => holdChange(tx, change, reason)))
  },
})

function requireHead(row: ChangeRow, expected: string): void {
  if (row.head === expected) return
  throw new HubError('conflict', `change ${row.id} is at ${row.head}, not at ${expected}`, {
    hint: 'A new revision came in: read it, then merge with its head.',
    details: { head: row.head },
  })
}

/** A conflict and a target that moved are for the provider to find: it may have merged already. */
function requireReady({ id }: ChangeRow, { reasons }: Mergeable): void {
  const missing = reasons.filter(
    ({ blocks, code }) => blocks && code !== 'conflict' && code !== 'target_moved',
  )
  if (missing.length === 0) return
  throw new HubError(
    'conflict',
    `change ${id} cannot be merged: ${missing.map(({ message }) => message).join('; ')}`,
    {
      hint: 'Have that settled first, by change_review or another revision. An owner may pass `force`.',
      details: { reasons: missing.map(({ code }) => code) },
    },
  )
}

const conflicting = ({ id, target }: ChangeRow, conflict: Conflict, cause: HubError): HubError =>
  new HubError(
    'conflict',
    `change ${id} conflicts with ${target} in ${conflict.files.map(({ path }) => path).join(', ')}`,
    {
      hint: 'Pass `resolve` to have an agent resolve it in a next revision.',
      details: conflict,
      cause,
    },
  )
