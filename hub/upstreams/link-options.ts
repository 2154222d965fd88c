import type { Identity, Params } from '../rpc/protocol.ts'
import type { ConnectionEvents } from './connection.ts'
import type { ListKind, Lists } from './lists.ts'
import type { ChannelOptions } from './open-channel.ts'

/** What one upstream's link is given by those who keep all of them, and whom it tells of changes. */
export type LinkOptions = ChannelOptions & {
  /** They were read again and may be the same; resolves when they are served. */
  onLists(kinds: ListKind[]): Promise<void>
  onUpdated(uri: string): void
  onTask(own: string, params: Params, only: string | undefined): void
  taskName(principal: string, own: string): string
  isHeld(key: string): boolean
  onOwnLists(key: string, changed: Partial<Lists>, kind: ListKind): Promise<void>
  /** Answers an upstream gave before, under the same configuration. */
  cachedLists: Lists | undefined
}

/** By which connection a request goes: the one for all, or one that belongs to this client. */
export type Way = { key: string; identity: Identity; events: ConnectionEvents } | undefined
