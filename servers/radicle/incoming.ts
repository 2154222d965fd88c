import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { findRepository } from '../kit/repositories.ts'
import type { Transaction } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { findChange, openChange } from './change-access.ts'
import { followForeign } from './import.ts'
import type { Incoming, Remark } from './providers/provider.ts'
import { providerOf } from './providers/providers.ts'
import { keepMark, openChangesOf } from './store/change-marks.ts'
import type { ChangeRow } from './store/changes.ts'
import { closeChange, mergeChange } from './store/changes.ts'
import { commentOnChange, reviewChange } from './store/discussion.ts'
import { saveDraft } from './store/proposed.ts'
import { knownRemarks, noteRemark } from './store/remarks.ts'
import { revisionCalled } from './store/revisions.ts'

const atOnce = 500
/** Anybody may write on a public forge, so of one change no more than these are taken in. */
const mostOfOne = 5000
const longest = 20_000

export const changeWatch = defineTool({
  name: 'change_watch',
  title: 'Watch changes elsewhere',
  description:
    'Lists open changes of a repository that something was said or done about at its provider since the last change_sync. Called by a controller.',
  effect: 'read',
  scope: 'system',
  input: { repo: z.string().max(60).describe('Repository id') },
  output: z.object({ items: z.array(z.object({ change: z.string(), mark: z.string() })) }),
  run: async ({ repo }, ctx) => {
    const provider = providerOf(ctx, await findRepository(ctx, repo))
    const items: { change: string; mark: string }[] = []
    if (!provider.watch) return { items }
    for (let after = ''; ;) {
      const known = await openChangesOf(ctx.reader, repo, after, atOnce)
      const marks = await provider.watch(known.map(({ handle }) => handle))
      for (const { change, handle, mark } of known) {
        const now = marks.get(handle) ?? ''
        if (now !== '' && now !== mark) items.push({ change, mark: now })
      }
      after = known.at(-1)?.change ?? ''
      if (known.length < atOnce || items.length >= atOnce) return { items: items.slice(0, atOnce) }
    }
  },
})

export const changeSync = defineTool({
  name: 'change_sync',
  title: 'Take in what others said',
  description:
    'Brings comments, reviews and the merge that others made of a change at its provider into the hub, each once. Called by a controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    change: z.string().max(60).describe('Change id'),
    mark: z.string().max(20_000).describe('`mark` that change_watch returned'),
  },
  output: z.object({
    taken: z.int().describe('Remarks taken in'),
    state: z.string().describe('State of the change after it'),
  }),
  run: async ({ change: id, mark }, ctx) => {
    const found = await findChange(ctx, id)
    const there = await openChange(ctx, found)
    // What its author proposes first, so that what is said of it finds its revision.
    const row = found.imported_by === null ? found : await followForeign(ctx, found, there)
    const { provider, change } = row === found ? there : await openChange(ctx, row)
    if (!provider.incoming) {
      throw new HubError('unsupported', `nobody but this hub has change ${id}`)
    }
    const { remarks, outcome, isDraft } = await provider.incoming(change)
    const known = await knownRemarks(ctx.reader, id)
    const room = Math.max(0, mostOfOne - known.size)
    const waiting = remarks.filter(({ handle }) => !known.has(handle)).slice(0, room)
    const fresh = waiting.slice(0, atOnce)
    let taken = 0
    // One at a time, so that a verdict which cannot be recorded any more holds nothing else up.
    for (const remark of fresh) if (await takeIn(ctx, id, remark)) taken++
    const last = await ctx.transaction(async (tx) => {
      if (fresh.length === waiting.length) await keepMark(tx, id, mark) // Else there is more to come.
      tx.about(id)
      if (isDraft !== undefined && outcome === undefined) await saveDraft(tx, id, isDraft)
      return end(tx, id, outcome)
    })
    return { taken, state: last?.state ?? row.state }
  },
})

/** Records a remark, and that it is; false where that was done before. */
async function takeIn(ctx: Context, id: string, remark: Remark): Promise<boolean> {
  const row = await findChange(ctx, id)
  const { handle, author, path, line, verdict } = remark
  const named = remark.revision
  const revision =
    (named === undefined ? undefined : await revisionCalled(ctx.reader, id, named)) ?? row.revisions
  const text = remark.body.slice(0, longest)
  const counts = verdict !== undefined && isVerdict(ctx, row, remark, revision)
  const became = ctx.id(counts ? 'review' : 'comment')
  return ctx.transaction(async (tx) => {
    if (!(await noteRemark(tx, { change: id, handle, became }))) return false
    if (counts) {
      const body = text.trim() === '' && verdict === 'request_changes' ? 'No reason given.' : text
      const said = { id: became, revision, reviewer: author, verdict, body }
      await reviewChange(tx, id, { ...said, kind: 'user', isAuthor: false }, [])
      return true
    }
    const body = [...(verdict === undefined ? [] : [`(${words[verdict]})`]), text].join(' ').trim()
    if (body === '') return true
    const place = {
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line }),
    }
    await commentOnChange(tx, id, { id: became, revision, author, body, kind: 'user', ...place })
    return true
  })
}

const words = { accept: 'accepts', request_changes: 'asks for changes' }

/** A verdict counts from who may merge there, on a change that is open and no draft, and, to ask for changes, on its last revision. */
function isVerdict(
  ctx: Context,
  row: ChangeRow,
  { isMaintainer, verdict }: Remark,
  revision: number,
): boolean {
  if (row.state !== 'open' || row.draft === 1) return false
  if (!ctx.may('verdict.import', { isMaintainer })) return false
  return verdict === 'accept' || revision === row.revisions
}

async function end(
  tx: Transaction,
  id: string,
  outcome: Incoming['outcome'],
): Promise<ChangeRow | undefined> {
  switch (outcome?.state) {
    case undefined:
      return undefined
    case 'merged':
      return mergeChange(tx, id, { mergedAs: outcome.mergedAs, mergedBy: outcome.by })
    case 'closed':
      return closeChange(tx, id, `closed there by ${outcome.by}`)
  }
}
