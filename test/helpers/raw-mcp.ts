import type { TestHub } from './hub.ts'

export type RawReply = {
  status: number
  text: string
  result: Record<string, unknown>
  error: { code: number; message: string; data?: unknown } | undefined
}

const key = (name: string) => `io.modelcontextprotocol/${name}`

/** A modern request written by hand; `params` may be JSON text, to see that it passes as it is. */
export async function ask(
  hub: TestHub,
  method: string,
  params: Record<string, unknown> | string,
  options: { token?: string; capabilities?: object; path?: string } = {},
): Promise<RawReply> {
  const { token = hub.token, capabilities = {}, path = '/mcp' } = options
  const meta = {
    [key('protocolVersion')]: '2026-07-28',
    [key('clientCapabilities')]: capabilities,
    [key('clientInfo')]: { name: 'raw', version: '1' },
  }
  const given = typeof params === 'string' ? params : JSON.stringify(params)
  const inside = given === '{}' ? '' : `,${given.slice(1, -1)}`
  const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"_meta":${JSON.stringify(meta)}${inside}}}`
  const { name, uri } = JSON.parse(given) as { name?: string; uri?: string }
  const mirrored = name ?? uri
  const response = await fetch(`${hub.url}${path}`, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(mirrored === undefined ? {} : { 'mcp-name': mirrored }),
    },
  })
  const text = await response.text()
  const reply = JSON.parse(text.startsWith('{') ? text : (text.split('data: ').at(-1) ?? '')) as {
    result?: Record<string, unknown>
    error?: RawReply['error']
  }
  return { status: response.status, text, result: reply.result ?? {}, error: reply.error }
}
