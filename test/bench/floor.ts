import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, serve } from '@hono/node-server'
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { z } from 'zod'

// What the hub is measured against, each as a process of its own: `node floor.ts hono|sdk`.
const kind = process.argv[2]

// The answer has the size and form of what the hub's own tool returns.
const answer = {
  principal: { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] },
  scopes: [
    'task:read',
    'task:write',
    'task:work',
    'approval:decide',
    'repo:read',
    'repo:write',
    'repo:merge',
    'cluster:read',
    'cluster:write',
    'model:use',
    'audit:read',
    'admin',
  ],
}

if (kind === 'hono') {
  const app = new Hono()
  app.post('/mcp', async (c) => {
    const { id } = await c.req.json<{ id: number }>()
    return c.json({
      jsonrpc: '2.0',
      id,
      result: {
        content: [{ type: 'text', text: JSON.stringify(answer) }],
        structuredContent: answer,
      },
    })
  })
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) =>
    console.log(`listening ${info.port}`),
  )
} else {
  // Tuned as the SDK allows: schemas made once, the body parsed once, a new server per request as
  // its handler demands.
  const output = z.object({
    principal: z.object({
      kind: z.string(),
      id: z.string(),
      roles: z.array(z.string()),
      orgs: z.array(z.string()),
    }),
    scopes: z.array(z.string()),
  })
  const input = z.object({})
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'direct', version: '1' })
      server.registerTool(
        'whoami',
        { description: 'Who am I', inputSchema: input, outputSchema: output },
        async () => ({
          content: [{ type: 'text', text: JSON.stringify(answer) }],
          structuredContent: answer,
        }),
      )
      return server
    },
    { responseMode: 'json' },
  )
  const listener = getRequestListener(async (request) => {
    const parsedBody: unknown = await request.json()
    const bare = new Request(request.url, { method: 'POST', headers: request.headers })
    return handler.fetch(bare, { parsedBody })
  })
  const server = createServer((request, response) => void listener(request, response))
  server.listen(0, '127.0.0.1', () =>
    console.log(`listening ${(server.address() as AddressInfo).port}`),
  ) // It listens on TCP.
}
