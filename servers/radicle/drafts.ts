import { z } from 'zod'
import { Change } from '../../schemas/change.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { findChange, openChange } from './change-access.ts'
import type { ChangeRow } from './store/changes.ts'
import { assertOpen } from './store/change-state.ts'
import { toChange } from './store/changes.ts'
import { saveDraft } from './store/proposed.ts'
import { changeStateText } from './texts.ts'

export const changeUpdate = defineTool({
  name: 'change_update',
  title: 'Make a change ready or a draft',
  description:
    'Makes a draft ready for review and merge, or an open change a draft again, here and where the repository is kept. change_open adds what it proposes.',
  effect: 'update',
  scope: 'repo:write',
  idempotent: true,
  input: {
    change: z.string().max(60).describe('Change id'),
    draft: z.boolean().describe('false: ready for review; true: a draft'),
  },
  output: Change,
  text: changeStateText,
  run: async ({ change, draft }, ctx) => {
    const row = await findChange(ctx, change)
    assertOpen(row)
    return toChange(await makeDraft(ctx, row, draft))
  },
})

/** Tells the provider first, as of all that it mirrors. */
export async function makeDraft(
  ctx: Context,
  row: ChangeRow,
  isDraft: boolean,
): Promise<ChangeRow> {
  const { provider, change } = await openChange(ctx, row)
  await provider.setDraft(change, { isDraft, by: ctx.principal.id })
  return ctx.transaction((tx) => saveDraft(tx, row.id, isDraft))
}
