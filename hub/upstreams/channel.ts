import type { Params, RpcFailure, RpcId } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'

/** The request never began: the connection was found dead before, so it may be sent on another. */
export class NotSent extends HubError {
  constructor(message: string) {
    super('unavailable', message)
  }
}

/** The other side closed the connection, as a process that exits does; what it was asked may be done. */
export class UpstreamEnded extends HubError {
  readonly reason: string

  constructor(reason: string, cause?: unknown) {
    super('unavailable', `the upstream ended: ${reason}`, { cause })
    this.reason = reason
  }
}

/** What belongs to one request of ours while it runs. */
export type Exchange = {
  /** Sent along, where the channel has headers. */
  headers?: Record<string, string> | undefined
  /** What the upstream says about this request, in order, and all of it before the reply. */
  onNotification?(method: string, params: Params): void
  /** What the upstream asks in the course of this request; what is thrown is its answer too. */
  onRequest?(method: string, params: Params, signal: AbortSignal): Promise<unknown>
  /** It is over, however it ended; called once, before the reply settles. */
  onEnd?(): void
}

export type Pending = {
  /** Rejects with RpcError for the upstream's errors, HubError for its end, NotSent if it cannot have begun. */
  reply: Promise<Reply>
  /** Tells the upstream to stop and rejects the reply with `reason`; without effect once there is one. */
  cancel(reason: Error): void
}

/** A connection to an upstream that carries JSON-RPC. How it travels is the channel's own affair. */
export type Channel = {
  /** `params` is a JSON object as text. */
  request(method: string, params: string, exchange: Exchange): Pending
  notify(method: string, params: Params): Promise<void>
  /** Opens the stream on which a server of the old era speaks on its own, where that takes a step. */
  listen?(): void
  /** The revision agreed on, for channels that mirror it in headers. */
  protocol: string | undefined
  /** Resolves when nothing of the connection is left, a child process included. */
  close(): Promise<void>
}

export type ChannelEvents = {
  /** The connection is gone; every open request has failed. */
  onClose(reason: string): void
  /** What the upstream said without the channel knowing which request it is about. */
  onNotification(method: string, params: Params): void
  onRequest(method: string, params: Params, signal: AbortSignal): Promise<unknown>
}

export type WireMessage = {
  id?: RpcId
  method?: string
  params?: Params
  result?: unknown
  error?: RpcFailure
}
