import type { Ending } from './departure.ts'
import type { Identity, RpcRequest } from './protocol.ts'
import { hash } from 'node:crypto'
import type { Principal } from '../../schemas/principal.ts'
import { isObject, metaKey } from './protocol.ts'
import type { Session } from './session.ts'

/** Which tools a listing shows: those of one server, those that match a pattern, or the lean few. */
export type View = {
  server?: string | undefined
  patterns?: string[] | undefined
  lean?: boolean | undefined
}

/** Whom a request came from and how it may be answered. */
export type Caller = {
  principal: Principal
  /** Which tools it is shown and may call. */
  view: View
  /** A client of the old era after its handshake; the modern era has no sessions. */
  session: Session | undefined
  /** The text of the arguments as it was sent. */
  rawArguments: string | undefined
  /** How long it is kept waiting where a person is asked; default: as long as most clients have patience. */
  patienceMs?: number
  /** Aborts when this call is canceled or the caller goes away. */
  signal(): AbortSignal
  /** The same, for what only has to hear of it. */
  leaving: Ending
  /** Sends a message about this request ahead of its answer. */
  send(text: string): void
}

/** What a client declares when it can be asked something. */
const askable = ['elicitation', 'sampling', 'roots']

/**
 * Under which key a client has connections of its own to servers of the old era, if it needs some: who
 * can be asked, or wants to hear the log, does. Sessions have their own; the modern era has none, so
 * there it is the client's program, for this principal.
 */
export function ownKey(caller: Caller, client: Identity, modern: boolean): string | undefined {
  const { info, capabilities, logLevel } = client
  const isAskable = askable.some((name) => name in capabilities)
  if (!isAskable && logLevel === undefined) return undefined
  if (!modern) return caller.session?.id
  const digest = hash('sha256', JSON.stringify([info, capabilities, logLevel]))
  return `client:${caller.principal.id} ${digest}`
}

const nobody: Identity = { info: { name: 'unknown', version: '0' }, capabilities: {} }

/** What the client says of itself: with each request, or once per session in the old era. */
export function clientOf({ params }: RpcRequest, caller: Caller, modern: boolean): Identity {
  if (!modern) return caller.session?.client ?? nobody
  const meta = isObject(params?._meta) ? params._meta : {}
  const { [metaKey.clientInfo]: info, [metaKey.capabilities]: capabilities } = meta
  const logLevel = meta[metaKey.logLevel]
  return {
    info: isObject(info) ? info : nobody.info,
    capabilities: isObject(capabilities) ? capabilities : {},
    ...(typeof logLevel === 'string' ? { logLevel } : {}),
  }
}
