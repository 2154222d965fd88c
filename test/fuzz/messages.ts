import * as fc from 'fast-check'
import { encodeHeader } from '../../hub/rpc/headers.ts'

export type Shot = { method: string; path: string; headers: Record<string, string>; body: string }

const key = (name: string) => `io.modelcontextprotocol/${name}`
const methods = [
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'resources/directory/read',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'tasks/cancel',
  'tasks/update',
  'skills/list',
  'skills/get',
  'notifications/initialized',
  'notifications/cancelled',
  'unknown/method',
  '',
]

const odd = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '../../etc/passwd',
    '\0',
    '%00',
    '💥',
    'a'.repeat(3000),
    'task://x',
    'test://static-text',
    'answer://x?from=9',
  ),
)
const anything = fc.oneof(
  odd,
  fc.jsonValue({ maxDepth: 4 }),
  fc.integer(),
  fc.constant(null),
  fc.boolean(),
)

/** Requests to every door of the hub: nearly right, wrong in one place, or nonsense. */
export function shots(tools: string[]): fc.Arbitrary<Shot> {
  const envelope = fc.record(
    {
      [key('protocolVersion')]: fc.oneof(
        { weight: 6, arbitrary: fc.constant('2026-07-28') },
        anything,
      ),
      [key('clientCapabilities')]: fc.oneof({ weight: 30, arbitrary: fc.constant({}) }, anything),
      [key('clientInfo')]: fc.oneof(fc.constant({ name: 'fuzz', version: '1' }), anything),
      progressToken: anything,
    },
    { requiredKeys: [key('protocolVersion'), key('clientCapabilities')] },
  )
  const params = fc.record(
    {
      name: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...tools) }, odd),
      uri: odd,
      arguments: fc.oneof(fc.dictionary(odd, anything, { maxKeys: 5 }), anything),
      ref: anything,
      argument: anything,
      taskId: odd,
      cursor: anything,
      level: anything,
      requestState: fc.oneof(odd, fc.constant('switchyard.a.1.b')),
      inputResponses: anything,
      _meta: fc.oneof({ weight: 12, arbitrary: envelope }, anything),
    },
    { requiredKeys: [] },
  )
  const message = fc.record(
    {
      jsonrpc: fc.oneof({ weight: 40, arbitrary: fc.constant('2.0') }, anything),
      id: fc.oneof({ weight: 30, arbitrary: fc.nat() }, odd, anything),
      method: fc.oneof(
        {
          weight: 30,
          arbitrary: fc.constantFrom(
            ...methods,
            'tools/call',
            'tools/call',
            'tools/call',
            'tools/call',
            'resources/read',
            'prompts/get',
          ),
        },
        odd,
        anything,
      ),
      params: fc.oneof({ weight: 30, arbitrary: params }, anything),
    },
    { requiredKeys: ['jsonrpc', 'method', 'id'] },
  )
  const answer = fc.record({
    jsonrpc: fc.constant('2.0'),
    id: anything,
    result: anything,
    error: anything,
  })
  const text = fc.oneof(
    { weight: 40, arbitrary: message.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: answer.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.string() },
    {
      weight: 1,
      arbitrary: message.map((value) =>
        JSON.stringify(value).replace('"jsonrpc"', '"id":1,"id":2,"jsonrpc"'),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 200 }).map((deep) => `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`),
    },
    {
      weight: 1,
      arbitrary: fc.array(message, { maxLength: 3 }).map((value) => JSON.stringify(value)),
    },
  )
  const header = fc.string().map((value) => value.replace(/[^\x20-\x7e]/g, '.'))
  const headers = fc.record(
    {
      'mcp-protocol-version': fc.oneof(
        fc.constantFrom('2026-07-28', '2025-11-25', '1999-01-01'),
        header,
      ),
      'mcp-session-id': header,
      'mcp-method': fc.oneof(fc.constantFrom(...methods.filter(Boolean)), header),
      'mcp-name': header,
      accept: fc.constantFrom(
        'application/json',
        'text/event-stream',
        '*/*',
        'application/json, text/event-stream',
      ),
      'last-event-id': header,
      'idempotency-key': header,
    },
    { requiredKeys: [] },
  )
  const mcp = fc
    .record({
      method: fc.oneof(
        { weight: 20, arbitrary: fc.constant('POST') },
        fc.constantFrom('DELETE', 'PUT', 'GET'),
      ),
      path: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom('/mcp', '/mcp/up', '/mcp?tools=*') },
        fc.constantFrom('/mcp/radicle', '/mcp?view=lean', '/mcp?view=%00', '/mcp/..%2f'),
      ),
      headers: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, headers),
      body: text,
    })
    .map((shot) => ({ ...shot, headers: shot.headers ?? mirrored(shot.body) }))
  const rest = fc.record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'PATCH'),
    path: fc
      .tuple(
        fc.constantFrom(
          '/tasks',
          '/changes',
          '/pods',
          '/audit',
          '/agents',
          '/v1/jobs',
          '/capacity',
          '/artifacts',
          '/openapi.json',
          '/nowhere',
        ),
        odd,
        odd,
      )
      .map(([path, part, query]) =>
        `${path}/${encodeURIComponent(wellFormed(part))}?${encodeURIComponent(wellFormed(query))}=1`.slice(
          0,
          4000,
        ),
      ),
    headers,
    body: text,
  })
  return fc.oneof({ weight: 4, arbitrary: mcp }, { weight: 1, arbitrary: rest })
}

/** The headers that go with a message, so that most of them get beyond the door. */
function mirrored(body: string): Record<string, string> {
  const accept = 'application/json, text/event-stream'
  try {
    const { method, params } = JSON.parse(body) as {
      method?: string
      params?: Record<string, unknown>
    }
    const meta = params?._meta as Record<string, unknown> | undefined
    const version = meta?.[key('protocolVersion')]
    if (typeof version !== 'string' || typeof method !== 'string') return { accept }
    const name =
      params?.[
        method === 'resources/read' ? 'uri' : method.startsWith('tasks/') ? 'taskId' : 'name'
      ]
    return {
      accept,
      'mcp-protocol-version': encodeHeader(version),
      'mcp-method': encodeHeader(method),
      ...(typeof name === 'string' ? { 'mcp-name': encodeHeader(name) } : {}),
    }
  } catch {
    return { accept }
  }
}

/** Half a surrogate pair has no place in an address. */
const wellFormed = (text: string) => text.toWellFormed()
