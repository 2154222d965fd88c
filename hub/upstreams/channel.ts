import { HubError } from '../../schemas/errors.ts'

/** The request never began: the connection was found dead before, so it may be sent on another. */
export class NotSent extends HubError {
  constructor(message: string) {
    super('unavailable', message)
  }
}

/** A connection to an upstream that carries JSON-RPC. How it travels is the channel's own affair. */
export type Channel = {
  /** The result as the upstream sent it. Throws RpcError for its errors, HubError for its silence. */
  request(
    method: string,
    params: Record<string, unknown>,
    options: RequestOptions,
  ): Promise<unknown>
  notify(method: string, params: Record<string, unknown>): Promise<void>
  /** Set by the legacy handshake, for channels that mirror it in headers. */
  protocol: string | undefined
  /** Resolves when nothing of the connection is left, a child process included. */
  close(): Promise<void>
}

export type RequestOptions = { timeoutMs: number; signal?: AbortSignal | undefined }

export type ChannelEvents = {
  /** The connection is gone; every open request has failed. */
  onClose(reason: string): void
  onNotification(method: string): void
}

/** An error object of JSON-RPC, if the message carries one. */
export type RpcMessage = {
  id?: string | number
  method?: string
  params?: Record<string, unknown>
  result?: unknown
  error?: { code: number; message: string; data?: unknown }
}
