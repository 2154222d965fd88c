import { stat } from 'node:fs/promises'
import type { Context } from '../kit/context.ts'
import type { Exchange } from './git/exchange.ts'
import { exchangeOf, pushedHead, refreshExchange } from './git/exchange.ts'
import { openWorkspace } from './workspaces.ts'

/** What of a task is fetched and pushed over HTTP, for callers who may; `isFresh` brings it up to date first. */
export async function openExchange(
  ctx: Context,
  task: string,
  { isPush, isFresh }: { isPush: boolean; isFresh: boolean },
): Promise<Exchange> {
  const { workspace, provider, copy } = await openWorkspace(ctx, task)
  if (isPush) ctx.ensure('workspace.push', { task })
  const exchange = exchangeOf(ctx, workspace)
  const isMade = await stat(exchange.dir).catch(() => undefined) // Missing: nobody fetched before.
  if (isMade && !isFresh) return exchange
  await provider.refresh()
  await refreshExchange(copy, exchange, workspace)
  return exchange
}

/**
 * Has a push done. Says whether the branch moved by it, and if it did, what went wrong
 * afterwards: the push is made then, though nobody may have heard so.
 */
export async function followPush(
  exchange: Exchange,
  push: () => Promise<void>,
): Promise<{ moved: boolean; error?: unknown }> {
  const before = await pushedHead(exchange)
  const hasMoved = async () => (await pushedHead(exchange)) !== before
  try {
    await push()
  } catch (error) {
    if (!(await hasMoved())) throw error
    return { moved: true, error }
  }
  return { moved: await hasMoved() }
}
