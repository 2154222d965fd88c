import type { TestHub } from './hub.ts'

export type RawReply = {
  status: number
  text: string
  result: Record<string, unknown>
  error: { code: number; message: string; data?: unknown } | undefined
}

export const key = (name: string) => `io.modelcontextprotocol/${name}`

/** What every modern request says of its client. */
const metaOf = (capabilities: object) => ({
  [key('protocolVersion')]: '2026-07-28',
  [key('clientCapabilities')]: capabilities,
  [key('clientInfo')]: { name: 'raw', version: '1' },
})

/** Posts a modern request; `params` is JSON text, with its braces. */
export function postModern(
  hub: TestHub,
  method: string,
  params: string,
  options: { token?: string; capabilities?: object; path?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  const { token = hub.token, capabilities = {}, path = '/mcp', signal = null } = options
  const inside = params === '{}' ? '' : `,${params.slice(1, -1)}`
  const { name, uri } = JSON.parse(params) as { name?: string; uri?: string }
  const mirrored = name ?? uri
  return fetch(`${hub.url}${path}`, {
    method: 'POST',
    signal,
    body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"_meta":${JSON.stringify(metaOf(capabilities))}${inside}}}`,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(mirrored === undefined ? {} : { 'mcp-name': mirrored }),
    },
  })
}

/** A modern request written by hand; `params` may be JSON text, to see that it passes as it is. */
export async function ask(
  hub: TestHub,
  method: string,
  params: Record<string, unknown> | string,
  options: { token?: string; capabilities?: object; path?: string } = {},
): Promise<RawReply> {
  const given = typeof params === 'string' ? params : JSON.stringify(params)
  const response = await postModern(hub, method, given, options)
  const text = await response.text()
  const reply = JSON.parse(text.startsWith('{') ? text : (text.split('data: ').at(-1) ?? '')) as {
    result?: Record<string, unknown>
    error?: RawReply['error']
  }
  return { status: response.status, text, result: reply.result ?? {}, error: reply.error }
}

/** What a model reads of a tool's answer, be it a failure. */
export async function textShown(
  hub: TestHub,
  tool: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { result } = await ask(hub, 'tools/call', { name: tool, arguments: args })
  return (result.content as { text: string }[])[0]?.text ?? '' // Own tools answer in one text.
}
