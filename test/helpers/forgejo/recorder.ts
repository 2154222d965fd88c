import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Exchange } from './exchanges.ts'
import { exchangeOf } from './exchanges.ts'
import type { Forge } from './forge.ts'

/** A forge behind a listener that notes each kind of exchange once. */
export async function record(forge: Forge, into: Map<string, Exchange>): Promise<Forge> {
  const server = createServer((request, response) => {
    const pass = async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer) // What a request is made of.
      const sent = Buffer.concat(chunks)
      const { method = '', url = '' } = request
      const {
        host: _host,
        connection: _kept,
        'content-length': _size,
        ...headers
      } = request.headers
      const isEmpty = method === 'GET' || method === 'HEAD'
      const answer = await fetch(`${forge.url}${url}`, {
        method,
        headers: headers as Record<string, string>, // Each is there once.
        ...(isEmpty ? {} : { body: sent }),
      })
      const bytes = Buffer.from(await answer.arrayBuffer())
      if (url.startsWith('/api/v1/')) {
        const path = (url.split('?')[0] ?? '').replace('/api/v1', '')
        const body = jsonOf(sent) as Record<string, unknown>
        const given = {
          status: answer.status,
          body: bytes.length === 0 ? undefined : jsonOf(bytes),
        }
        const exchange = exchangeOf({ method, path, body }, given)
        into.set(JSON.stringify(exchange), exchange)
      }
      const type = answer.headers.get('content-type') ?? 'text/plain'
      const realm = answer.headers.get('www-authenticate')
      response.writeHead(answer.status, {
        'content-type': type,
        ...(realm === null ? {} : { 'www-authenticate': realm }),
      })
      response.end(bytes)
    }
    pass().catch((error: unknown) => response.writeHead(502).end(String(error)))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo // Of a TCP server.
  return { ...forge, url: `http://127.0.0.1:${port}` }
}

const jsonOf = (bytes: Buffer): unknown =>
  bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'))
