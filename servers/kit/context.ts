import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { ClusterDriver } from './cluster-driver.ts'
import type { ContextIndex } from './context-index.ts'
import type { Models } from './models/models.ts'
import type { Store } from './store.ts'
import type { Tx } from './tx.ts'

/** Everything a handler may touch during one call. Wired in `hub/context.ts`. */
export type Context = {
  readonly principal: Principal
  readonly requestId: string
  /** Aborts when the caller goes away, cancels, or the hub's drain deadline passes. */
  readonly signal: AbortSignal
  readonly config: Config
  readonly dataDir: string
  readonly store: Store
  readonly cluster: ClusterDriver
  readonly models: Models
  readonly context: ContextIndex
  readonly log: Logger
  now(): number
  id(prefix: string): string
  /** One audited transaction: the effect, its events and its audit row, or none of them. */
  write<T>(change: (tx: Tx) => T): Promise<T>
}

/** The org a new thing belongs to: the one asked for, if the caller is in it, or the caller's own. */
export function orgFor(ctx: Context, asked: string | undefined): string {
  const { orgs } = ctx.principal
  const own = orgs.find((org) => org !== '*') ?? 'default'
  const org = asked ?? own
  if (orgs.includes('*') || orgs.includes(org)) return org
  throw new HubError('denied', `${ctx.principal.id} does not belong to the org ${org}`, {
    hint: `Leave \`org\` out, or use one of: ${orgs.join(', ')}.`,
  })
}

/** Whether a row of that org may be shown or touched. What is hidden is reported as not found. */
export const maySee = (ctx: Context, org: string): boolean =>
  ctx.principal.orgs.includes('*') || ctx.principal.orgs.includes(org)

/** The orgs to list over, as a JSON array for `IN (SELECT value FROM json_each(:orgs))`. */
export const orgFilter = (ctx: Context, asked: string | undefined): string[] | undefined => {
  if (asked !== undefined) return [orgFor(ctx, asked)]
  return ctx.principal.orgs.includes('*') ? undefined : ctx.principal.orgs
}
