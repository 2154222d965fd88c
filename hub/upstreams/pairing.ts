import type { Identity, Params } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Caller } from '../rpc/caller.ts'
import { ownKey } from '../rpc/caller.ts'
import { RpcError, isObject, notificationText, rpcCode } from '../rpc/protocol.ts'
import type { Session } from '../rpc/session.ts'
import type { Call, ConnectionEvents, Handshake } from './connection.ts'
import { answerAlone } from './connection.ts'
import { changedList } from './lists.ts'
import { ModernOnly } from './opener.ts'
import type { Parking } from './parking.ts'
import { ParkedCall, digestOfRequest, isOurState } from './parking.ts'
import { withRelatedTask } from './task-names.ts'
import type { Way } from './link-options.ts'
import type { UpstreamLink } from './upstream.ts'

/** A request to be passed on, with names as the upstream knows them. */
export type Relayed = {
  method: string
  params: Params
  caller: Caller
  client: Identity
  modern: boolean
  rawArguments?: string | undefined
  headers?: Record<string, string> | undefined
}

const maxRounds = 16
/** The requests in whose course a server may ask back. */
const asking = ['tools/call', 'prompts/get', 'resources/read']

/**
 * Passes a request on in whichever era the upstream speaks. Questions that the upstream asks in its
 * course reach the client in the client's own era: as a request on its stream, or as a result that
 * asks for input.
 */
export function pass(link: UpstreamLink, parking: Parking, request: Relayed): Promise<Reply> {
  const isAsking = asking.includes(request.method) || request.method.startsWith('tasks/')
  const way = isAsking ? ownWay(link, request) : undefined
  return way instanceof Promise
    ? way.then((found) => passBy(link, parking, request, found))
    : passBy(link, parking, request, way)
}

function passBy(link: UpstreamLink, parking: Parking, request: Relayed, way: Way): Promise<Reply> {
  if (!way) return request.modern ? direct(link, request) : inRounds(link, request)
  if (request.modern) return parked(link, parking, request, way)
  return withSession(link, request, way).catch((error: unknown) => {
    if (error instanceof ModernOnly) return inRounds(link, request)
    throw error
  })
}

/**
 * The connection of its own that a client has, or gets, to this server; none where the shared one
 * serves it as well.
 */
export function ownWay(
  link: UpstreamLink,
  { caller, client, modern }: Pick<Relayed, 'caller' | 'client' | 'modern'>,
): Way | Promise<Way> {
  const key = ownKey(caller, client, modern)
  if (key === undefined) return undefined
  const { session } = caller
  if (!modern) return session && { key, identity: client, events: eventsOf(link, key, session) }
  const wayOf = (handshake: Handshake): Way =>
    handshake.modern ? undefined : { key, identity: client, events: eventsOf(link, key, undefined) }
  if (link.handshake) return wayOf(link.handshake)
  return link.shared().then((connection) => wayOf(connection.handshake))
}

/** What is said on a client's own connection outside of any request. */
const eventsOf = (
  link: UpstreamLink,
  key: string,
  session: Session | undefined,
): ConnectionEvents => ({
  isOwn: true,
  onNotification: (method, params) => {
    const kind = changedList(method)
    if (kind) void link.relistOwn(key, kind)
    else if (!link.told(method, params, key) && session)
      session.notify(method, named(link, session.principal, params))
  },
  onRequest: (method, params, signal) =>
    session
      ? session.ask(method, named(link, session.principal, params), signal, (text) =>
          session.push(text),
        )
      : answerAlone(method),
})

/** What a server says, with the task that it says it for as this principal knows it. */
const named = (link: UpstreamLink, principal: string, said: Params): Params =>
  withRelatedTask(said, (own) => link.taskName(principal, own))

function callOf(link: UpstreamLink, request: Relayed): Call {
  const { caller, client, params, rawArguments, headers } = request
  const meta = isObject(params._meta) ? params._meta : {}
  return {
    timeoutMs: link.config.timeoutMs,
    signal: caller.leaving,
    client,
    rawArguments,
    headers,
    progressToken: meta.progressToken,
    onNotification: (method, said) =>
      caller.send(notificationText(method, named(link, caller.principal.id, said))),
    onRequest: undefined,
  }
}

const direct = (link: UpstreamLink, request: Relayed): Promise<Reply> =>
  link.request(request.method, request.params, callOf(link, request), undefined)

/** An old client and a server of its era: questions pass as they are. */
function withSession(link: UpstreamLink, request: Relayed, way: Way): Promise<Reply> {
  const { method, params, caller } = request
  const call = callOf(link, request)
  call.onRequest = (asked, about, signal) =>
    askSession(caller, asked, named(link, caller.principal.id, about), signal)
  return link.request(method, params, call, way)
}

/** An old client and a modern server: each round of input is asked by requests to the client. */
async function inRounds(link: UpstreamLink, request: Relayed): Promise<Reply> {
  const { method, params, caller } = request
  let brought: Params = {}
  for (let round = 0; round < maxRounds; round++) {
    const reply = await link.request(
      method,
      { ...params, ...brought },
      callOf(link, request),
      undefined,
    )
    const { resultType, inputRequests, requestState } = reply.result
    if (resultType !== 'input_required') return reply
    const responses = Object.entries(isObject(inputRequests) ? inputRequests : {}).map(
      async ([key, question]) => [key, await askSessionAbout(caller, question)] as const,
    )
    brought = {
      inputResponses: Object.fromEntries(await Promise.all(responses)),
      ...(requestState === undefined ? {} : { requestState }),
    }
  }
  throw new HubError('exhausted', `the upstream asked for input ${maxRounds} times`)
}

/** A modern client and a server of the old era: the call waits here while the client is asked. */
async function parked(
  link: UpstreamLink,
  parking: Parking,
  request: Relayed,
  way: Way,
): Promise<Reply> {
  const { requestState, inputResponses, ...params } = request.params
  const call = callOf(link, request)
  const parkedCall = isOurState(requestState)
    ? resume(parking, request, requestState, inputResponses)
    : begin(link, { ...request, params }, call, way)
  parkedCall.onNotification = (method, said) => {
    const isProgress = method === 'notifications/progress'
    call.onNotification?.(
      method,
      isProgress ? { ...said, progressToken: call.progressToken } : said,
    )
  }
  const cancel = () => parkedCall.cancel()
  call.signal?.addEventListener('abort', cancel)
  try {
    const next = await parkedCall.next()
    if ('reply' in next) return next.reply
    const state = parking.park(parkedCall)
    const result = { resultType: 'input_required', inputRequests: next.questions }
    return { result: { ...result, requestState: state }, raw: undefined }
  } finally {
    call.signal?.removeEventListener('abort', cancel)
  }
}

function begin(link: UpstreamLink, request: Relayed, call: Call, way: Way): ParkedCall {
  const { method, params, caller } = request
  const parkedCall = new ParkedCall(caller.principal.id, digestOfRequest(method, params))
  parkedCall.reply = link.request(
    method,
    params,
    {
      ...call,
      signal: parkedCall.signal,
      onNotification: (about, said) => parkedCall.onNotification?.(about, said),
      onRequest: (asked, about, signal) => parkedCall.ask(asked, about, signal),
    },
    way,
  )
  parkedCall.reply.catch(() => undefined) // While it is parked nobody waits for it.
  return parkedCall
}

function resume(parking: Parking, request: Relayed, state: string, brought: unknown): ParkedCall {
  const { method, params, caller } = request
  const parkedCall = parking.find(state, caller.principal.id, digestOfRequest(method, params))
  parkedCall.answer(isObject(brought) ? brought : {})
  parking.take(parkedCall)
  return parkedCall
}

function askSessionAbout(caller: Caller, question: unknown): Promise<unknown> {
  if (isObject(question) && typeof question.method === 'string') {
    const params = isObject(question.params) ? question.params : {}
    return askSession(caller, question.method, params, caller.signal())
  }
  return Promise.reject(new HubError('unavailable', 'the upstream asked for input it did not name'))
}

function askSession(
  { session, send }: Caller,
  method: string,
  params: Params,
  signal: AbortSignal,
): Promise<unknown> {
  const capability = method.split('/')[0] ?? ''
  if (session && capability in session.client.capabilities)
    return session.ask(method, params, signal, send)
  return Promise.reject(
    new RpcError(rpcCode.method, `this client did not say that it supports ${capability}`),
  )
}
