import type { Reply } from '../rpc/reply.ts'
import { randomUUID } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import type { McpParts } from './parts.ts'
import type { Relayed } from '../upstreams/pairing.ts'
import { SignInNeeded } from '../upstreams/sign-in/sign-in.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import { isObject } from '../rpc/protocol.ts'

/** What a modern client brings back with its answer. It gives no right: it only says what is waited for. */
const waiting = 'switchyard:sign-in'
const question = 'sign_in'

/**
 * Passes a call on. Where a person has to sign in first and the client can show links, it is asked to
 * show one, and the call goes on when the browser is back; by a request in the old era, by a result
 * that asks for input in the modern one. Others are told what to do by the error.
 * https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#url-mode
 */
export function passSigningIn(
  hub: McpParts,
  link: UpstreamLink,
  request: Relayed,
  pass: (request: Relayed) => Promise<Reply>,
): Promise<Reply> {
  const { requestState } = request.params
  // A call that is in the middle of other questions would lose them.
  const mayAsk = requestState === undefined && opensLinks(request)
  return mayAsk || requestState === waiting ? passAsking(hub, link, request, pass) : pass(request)
}

async function passAsking(
  hub: McpParts,
  link: UpstreamLink,
  request: Relayed,
  pass: (request: Relayed) => Promise<Reply>,
): Promise<Reply> {
  const { requestState, inputResponses, ...params } = request.params
  if (requestState === waiting) {
    assertAccepted(link, isObject(inputResponses) ? inputResponses[question] : undefined)
    await link.signIn?.settled(request.caller.signal())
    return pass({ ...request, params })
  }
  try {
    return await pass(request)
  } catch (error) {
    if (!(error instanceof SignInNeeded)) throw error
    const asked = await questionFor(hub, link, request)
    if (asked === undefined) throw error
    if (request.modern) {
      const inputRequests = { [question]: asked }
      const result = { resultType: 'input_required', inputRequests, requestState: waiting }
      return { result, raw: undefined }
    }
    const { session, signal, send } = request.caller
    assertAccepted(link, await session?.ask(asked.method, asked.params, signal(), send))
    await link.signIn?.settled(signal())
    return pass(request)
  }
}

/** Undefined for a caller that may not sign the hub in. */
async function questionFor(hub: McpParts, { name }: UpstreamLink, { caller }: Relayed) {
  try {
    const begun = await hub.calls.tool(caller.principal, 'server_login', { server: name })
    const { link: url } = begun as { link?: string } // The tool's output.
    const message = `${name} needs a sign-in for all who use this hub. The page reports back by itself.`
    const params = { mode: 'url', elicitationId: randomUUID(), message, url }
    return { method: 'elicitation/create', params }
  } catch (error) {
    if (error instanceof HubError && error.code === 'denied') return undefined
    throw error
  }
}

function opensLinks({ client }: Relayed): boolean {
  const { elicitation } = client.capabilities
  return isObject(elicitation) && 'url' in elicitation
}

function assertAccepted({ name }: UpstreamLink, answer: unknown): void {
  if (isObject(answer) && answer.action === 'accept') return
  throw new HubError('canceled', `the sign-in to ${name} was not wanted`)
}
