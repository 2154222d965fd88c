import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Authority } from './authority.ts'
import type { Carriers } from './carriers.ts'
import type { Clock } from './clock.ts'
import type { Clusters } from './clusters.ts'
import type { ContextIndex } from './context-index.ts'
import type { AnswerPart } from './models/answer.ts'
import type { Models } from './models/models.ts'
import type { PodGateway } from './pod-gateway.ts'
import type { Seal } from './seal.ts'
import type { Reader, Transaction } from './sql.ts'
import type { Store } from './store.ts'

/** Everything a handler may touch during one call. Made for each call in `hub/calls`. */
export type Context = Authority & {
  readonly principal: Principal
  readonly requestId: string
  /** Aborts when the caller goes away, cancels, or the hub's drain deadline passes. */
  readonly signal: AbortSignal
  readonly config: Config
  readonly dataDir: string
  readonly store: Store
  readonly clusters: Clusters
  readonly carriers: Carriers
  readonly podGateway: PodGateway
  readonly models: Models
  readonly context: ContextIndex
  readonly seal: Seal
  readonly log: Logger
  /** Hears the answer of a model while it comes; only where the caller wants to. */
  readonly onAnswerPart: ((part: AnswerPart) => void) | undefined
  now(): number
  id(prefix: string): string
  readonly clock: Clock
  /** Reads what is committed. */
  readonly reader: Reader
  /** One audited transaction: the effect, its events and its audit row, or none of them. */
  transaction<T>(change: (tx: Transaction) => Promise<T>): Promise<T>
}

/** The org a new thing belongs to: the one asked for, if the caller is in it, or the caller's own. */
export function orgFor(ctx: Context, asked: string | undefined): string {
  const { orgs } = ctx.principal
  const own = orgs.find((org) => org !== '*') ?? 'default'
  const org = asked ?? own
  ctx.ensure('org.use', { org })
  return org
}

/** Whether a row of that org may be shown or touched. What is hidden is reported as not found. */
export const maySee = (ctx: Context, org: string): boolean => ctx.may('row.see', { org })

/** The orgs to list over, as a JSON array for `IN (SELECT value FROM json_each(:orgs))`. */
export const orgFilter = (ctx: Context, asked: string | undefined): string[] | undefined => {
  if (asked !== undefined) return [orgFor(ctx, asked)]
  return ctx.principal.orgs.includes('*') ? undefined : ctx.principal.orgs
}
