import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'

// The cheapest MCP server there can be, so that what is measured is the hub: `node echo.ts stdio|http`.
// With a number behind, that many tools. It speaks both eras, without a session.
type Message = { id?: number; method: string; params?: Params }
type Params = { arguments?: { text?: string }; protocolVersion?: string }

const count = Number(process.argv[3] ?? 1)
const tools = Array.from({ length: count }, (_, index) => ({
  name: index === 0 ? 'echo' : `echo_${index}`,
  description: 'Says it again',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
}))

function answer({ id, method, params }: Message): string {
  const meta = { _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'echo', version: '1' } } }
  const lead = { resultType: 'complete', ...meta }
  const cache = { ttlMs: 60_000, cacheScope: 'private' }
  const capabilities = { tools: {} }
  if (method === 'initialize') {
    const serverInfo = { name: 'echo', version: '1' }
    const { protocolVersion } = params ?? {}
    return JSON.stringify({
      jsonrpc: '2.0',
      id,
      result: { protocolVersion, capabilities, serverInfo },
    })
  }
  const result =
    method === 'tools/call'
      ? { ...lead, content: [{ type: 'text', text: params?.arguments?.text ?? '' }] }
      : method === 'tools/list'
        ? { ...lead, ...cache, tools }
        : { ...lead, ...cache, supportedVersions: ['2026-07-28'], capabilities }
  return JSON.stringify({ jsonrpc: '2.0', id, result })
}

if (process.argv[2] === 'stdio') {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line) as Message // The hub's own messages.
    if (message.id !== undefined) process.stdout.write(`${answer(message)}\n`)
  })
} else {
  const read = async (request: IncomingMessage) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    return JSON.parse(text) as Message // The hub's own messages.
  }
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    void read(request).then((message) => {
      if (message.id === undefined) return void response.writeHead(202).end()
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer(message))
    })
  })
  server.listen(0, '127.0.0.1', () =>
    console.log(`listening ${(server.address() as AddressInfo).port}`),
  ) // It listens on TCP.
}
