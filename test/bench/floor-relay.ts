import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Pool } from 'undici'

// The least a relay in Node can do: `node floor-relay.ts stdio | http URL`. No credential, no policy,
// no audit, no metrics, one era: a Hono route that passes a call on and its answer back.
type Message = { id: number; method: string; params: unknown }

const [kind, url = ''] = process.argv.slice(2)
const pass = kind === 'stdio' ? overStdio() : overHttp(new URL(url))

const app = new Hono()
app.post('/mcp', async (c) => {
  const message = await c.req.json<Message>() // Our own load.
  const result = await pass(message)
  return c.json({ jsonrpc: '2.0', id: message.id, result })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) =>
  console.log(`listening ${info.port}`),
)

function overStdio(): (message: Message) => Promise<unknown> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'echo.ts'), 'stdio'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  process.once('SIGTERM', () => {
    child.kill()
    process.exit(0)
  })
  const waiting = new Map<number, (result: unknown) => void>()
  let nextId = 1
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result } = JSON.parse(line) as { id: number; result: unknown } // The echo's.
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  return ({ method, params }) =>
    new Promise((resolve) => {
      const id = nextId++
      waiting.set(id, resolve)
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    })
}

function overHttp({ origin, pathname }: URL): (message: Message) => Promise<unknown> {
  const pool = new Pool(origin, { connections: 256, pipelining: 1 })
  return async (message) => {
    const { body } = await pool.request({
      path: pathname,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(message),
    })
    const { result } = (await body.json()) as { result: unknown } // The echo's.
    return result
  }
}
