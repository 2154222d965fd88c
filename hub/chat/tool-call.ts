import type { ToolPart } from '../../schemas/chat-part.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { shownValue } from '../../servers/kit/redact.ts'
import { answerToolCall } from '../mcp/tool-calls.ts'
import { RpcError, isObject } from '../rpc/protocol.ts'
import { bounded } from './data.ts'
import type { ChatParts } from './parts.ts'

/** What is kept of a result for people; a model is shown less. */
const outputChars = 64_000
const textChars = 12_000

export type Made = { output: unknown; text: string | undefined; isCut: boolean }

type Call = {
  principal: Principal
  name: string
  input: unknown
  requestId: string
  patienceMs: number
  signal: AbortSignal
}

/**
 * Makes one call of the chat on the road that every call takes, whoever serves the tool. Throws HubError;
 * `approval_required` where a person has not answered within the patience.
 */
export async function makeCall(hub: ChatParts, call: Call): Promise<Made> {
  const { principal, name, input, requestId, patienceMs, signal } = call
  const own = hub.registry.get(name)
  if (!own && hub.upstreams.offers.tools.has(name)) return callForeign(hub, call)
  const options = { signal: () => signal, patienceMs, requestId }
  const value = await hub.calls.tool(principal, name, input, options)
  return toMade(value, own?.text?.(value))
}

async function callForeign(
  hub: ChatParts,
  { principal, name, input, requestId, patienceMs, signal }: Call,
): Promise<Made> {
  const request = {
    jsonrpc: '2.0' as const,
    id: requestId,
    method: 'tools/call',
    params: { name, arguments: input },
  }
  const caller = {
    principal,
    view: {},
    session: undefined,
    rawArguments: undefined,
    patienceMs,
    signal: () => signal,
    leaving: signal,
    send: () => undefined,
  }
  try {
    const result: unknown = JSON.parse(await answerToolCall(hub, request, caller, true))
    return fromResult(name, result)
  } catch (error) {
    // The protocol's own errors say what is wrong with the call, as a failed result would.
    if (error instanceof RpcError) throw new HubError('failed', error.message, { cause: error })
    throw error
  }
}

/** A result of MCP: its text for the model, all of it for people. */
function fromResult(name: string, result: unknown): Made {
  if (!isObject(result)) throw new HubError('failed', `${name} returned no result`)
  const { content, structuredContent, isError, _meta: meta } = result
  const text = Array.isArray(content) ? content.map(itemText).join('\n') : ''
  if (isError === true) throw failureOf(meta) ?? new HubError('failed', text || `${name} failed`)
  const output = { content, ...(structuredContent === undefined ? {} : { structuredContent }) }
  return toMade(output, text || JSON.stringify(structuredContent ?? null))
}

/** The hub's own error, which it sends along with what a model reads. */
function failureOf(meta: unknown): HubError | undefined {
  const error = isObject(meta) ? meta['switchyard/error'] : undefined
  if (!isObject(error) || typeof error.message !== 'string') return undefined
  const { code, message, hint, details } = error
  return new HubError(code as HubError['code'], message, {
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(isObject(details) ? { details } : {}),
  }) // Written by errorBody.
}

function itemText(item: unknown): string {
  if (!isObject(item)) return ''
  if (item.type === 'text' && typeof item.text === 'string') return item.text
  const name = [item.uri, item.name, item.mimeType].find((one) => typeof one === 'string')
  return `[${String(item.type)}${name === undefined ? '' : `: ${name}`}]`
}

function toMade(value: unknown, text: string | undefined): Made {
  const { shown, isCut } = shownValue(value, outputChars)
  // What was cut for people is no JSON that a model could read on from: it reads the text.
  const read = text ?? (isCut ? JSON.stringify(value) : undefined)
  return { output: shown, text: read === undefined ? undefined : bounded(read, textChars), isCut }
}

/** What is said of a tool besides its name. */
export function describe(
  hub: Pick<ChatParts, 'registry' | 'upstreams'>,
  name: string,
): { title?: string; toolMetadata: NonNullable<ToolPart['toolMetadata']> } {
  const tool = hub.registry.get(name)
  if (tool) {
    const server = hub.registry.servers.find(({ tools }) => tools.includes(tool))?.name
    return {
      title: tool.title,
      toolMetadata: { effect: tool.effect, ...(server ? { server } : {}) },
    }
  }
  const served = hub.upstreams.offers.tools.get(name)
  const title = served && [served.item.title].find((one) => typeof one === 'string')
  return {
    ...(title === undefined ? {} : { title }),
    toolMetadata: served ? { server: served.link.name } : {},
  }
}
