import type { Reply } from '../rpc/reply.ts'
import { resultText } from '../rpc/reply.ts'
import { HubError, errorBody } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { nearest } from '../../schemas/nearest.ts'
import { toolCallListing } from '../discovery/lean-view.ts'
import { namedCall } from '../discovery/named-call.ts'
import { unservedTool } from '../discovery/unserved-tool.ts'
import type { McpParts } from './parts.ts'
import { checkArguments, effectHint } from '../upstreams/foreign-tool.ts'
import type { Offers, Served } from '../upstreams/offers.ts'
import type { Relayed } from '../upstreams/pairing.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf, ownKey } from '../rpc/caller.ts'
import { complete, completeText } from './server-info.ts'
import { encodeHeader, paramHeaders } from '../rpc/headers.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { passSigningIn } from './sign-in-elicitation.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'
import { cutAnswer } from './answers.ts'
import { InputNeeded, callAsking } from './approval-elicitation.ts'
import { ownAnswer } from './own-answers.ts'
import { showsApps } from './own-apps.ts'
import { withTask } from './tasks.ts'

/** Answers `tools/call`, whoever serves the tool. */
export async function answerToolCall(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const sent = request.params ?? {}
  // `tool_call` is taken apart here, so that everything after sees the tool that is meant.
  const isWrapped = sent.name === toolCallListing.name
  const named = isWrapped ? namedCall(sent.arguments) : sent
  if (named instanceof HubError) return failureText(named, modern)
  const params = isWrapped ? { ...sent, ...named } : sent
  const { name, arguments: args = {} } = params
  if (typeof name !== 'string') throw new RpcError(rpcCode.params, 'tools/call needs `name`')
  try {
    const { principal, view, signal } = caller
    const client = clientOf(request, caller, modern)
    const offers = hub.registry.get(name)
      ? undefined
      : hub.upstreams.offersFor(ownKey(caller, client, modern))
    const served = offers && findForeign(offers, caller, name)
    const narrowed = view.server !== undefined || view.patterns !== undefined
    if (
      narrowed &&
      !hub.catalog.shows(principal, view, served?.name ?? name, offers ?? hub.upstreams.offers)
    )
      throw unservedTool(hub, principal, name) ?? notServed(name)
    if (served) {
      // Arguments that came inside of tool_call have no text of their own.
      const rawArguments = isWrapped ? undefined : caller.rawArguments
      const relayed = {
        method: 'tools/call',
        params: { ...params, name: served.own, arguments: args },
        caller,
        client,
        modern,
        rawArguments,
        headers: headersOf(served, args),
      }
      const outcome = await callForeign(hub, relayed, served)
      if (outcome instanceof InputNeeded) return JSON.stringify(outcome.result)
      const answer = withTask(served.link, caller, outcome)
      const shown = cutAnswer(hub, caller, served.link.config.answerChars, answer)
      return resultText(shown instanceof Promise ? await shown : shown, modern)
    }
    const asking = { caller, client, modern, params }
    const output = await callAsking(hub, asking, (_params, options) =>
      hub.calls.tool(principal, name, args, { signal, ...options }),
    )
    if (output instanceof InputNeeded) return JSON.stringify(output.result)
    const tool = hub.registry.require(name)
    const answer = ownAnswer(tool, output, params._meta, showsApps(client.capabilities))
    return `{${modern ? `${completeText},` : ''}${answer}}`
  } catch (error) {
    if (!(error instanceof HubError)) throw error // An upstream's own error, code and data, too.
    // Only a name that is not in the caller's list is a protocol error; the model can mend the rest.
    if (error.code === 'not_found' && !isKnown(hub, name)) {
      const unserved = unservedTool(hub, caller.principal, name)
      if (unserved) return failureText(unserved, modern)
      const isLean = isWrapped || caller.view.lean === true
      const hint = hintFor(hub, caller.principal, { name, isLean })
      if (isWrapped) return failureText(new HubError('not_found', error.message, { hint }), modern)
      throw new RpcError(rpcCode.params, `Unknown tool: ${error.message}. ${hint}`)
    }
    return failureText(error, modern)
  }
}

function callForeign(
  hub: McpParts,
  relayed: Relayed,
  { link, name, item }: Served,
): Promise<Reply | InputNeeded> {
  const { caller, params: own } = relayed
  const effect = effectHint(item)
  const check = () => checkArguments(name, item, own.arguments)
  return callAsking(hub, relayed, (params, { patienceMs, signal }) => {
    const waiting = signal ? { ...caller, signal, leaving: signal() } : caller
    const asked = signal || params !== own
    const passed = asked ? { ...relayed, params, caller: waiting } : relayed
    return passSigningIn(hub, link, passed, (sent) =>
      hub.calls.relay(link, name, sent, { effect, patienceMs, check }),
    )
  })
}

function headersOf({ own, mirrored }: Served, args: unknown): Record<string, string> {
  const named = { 'mcp-name': encodeHeader(own) }
  return mirrored.size > 0 && isObject(args) ? { ...named, ...paramHeaders(mirrored, args) } : named
}

/**
 * A tool of an upstream by the name it has here. On an address that serves one server, and for apps
 * (whose code knows no prefix), its own name does too, where only one tool has it.
 */
function findForeign({ tools }: Offers, { view }: Caller, name: string): Served | undefined {
  const found = tools.get(name)
  if (found) return found
  const all = [...tools.values()]
  const hasApps = ({ link }: Served) =>
    all.some(
      ({ link: other, item }) => other === link && isObject(item._meta) && 'ui' in item._meta,
    )
  const same = all.filter(
    (served) => served.own === name && (view.server === served.link.name || hasApps(served)),
  )
  return same.length === 1 ? same[0] : undefined
}

const isKnown = (hub: McpParts, name: string): boolean =>
  hub.registry.get(name) !== undefined || hub.upstreams.offers.tools.has(name)

/** How to find the tool that is meant, among all that the caller may use. */
function hintFor(
  hub: McpParts,
  principal: Principal,
  { name, isLean }: { name: string; isLean: boolean },
): string {
  const close = nearest(
    name,
    hub.catalog.visible(principal).map((tool) => tool.name),
  )
  if (close) return `Did you mean ${close}?`
  return isLean
    ? 'tool_search finds tools by what they do.'
    : 'tools/list shows the tools you may use.'
}

/** A failure as a result, which a model reads and can act on. */
function failureText(error: HubError, modern: boolean): string {
  const text = `${error.code}: ${error.message}${error.hint ? `\n${error.hint}` : ''}`
  return JSON.stringify({
    ...(modern ? { resultType: 'complete' } : {}),
    content: [{ type: 'text', text }],
    isError: true,
    _meta: { ...(modern ? complete._meta : {}), 'switchyard/error': errorBody(error) },
  })
}

const notServed = (name: string) =>
  new RpcError(
    rpcCode.params,
    `Unknown tool: ${JSON.stringify(name)} is not served at this address`,
  )
