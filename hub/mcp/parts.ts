import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Topics } from '../../servers/kit/topics.ts'
import type { Calls } from '../calls/calls.ts'
import type { Registry } from '../calls/registry.ts'
import type { Catalog } from '../discovery/catalog.ts'
import type { Notifications } from '../rpc/notifications.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import type { Subscriptions } from './subscriptions.ts'

/** What answering clients takes; a method takes the few of these that it needs. */
export type McpParts = {
  calls: Pick<Calls, 'tool' | 'relay'>
  registry: Registry
  catalog: Catalog
  upstreams: Upstreams
  notifications: Notifications
  subscriptions: Subscriptions
  /** Wakes who follows one of the hub's own resources. */
  topics: Topics
  rateLimit: { take(principal: Principal): void }
  /** Where cut answers are kept. */
  dataDir: string
  log: Logger
  /** Aborts when the hub begins to drain. */
  closing: AbortSignal
  config(): Config
  now(): number
}
