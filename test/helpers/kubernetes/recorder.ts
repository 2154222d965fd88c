import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Exchange } from './exchanges.ts'
import { exchangeOf, note } from './exchanges.ts'

/** A listener before a real API server that notes what is said through it. */
export async function startRecorder(
  server: { url: string; dispatcher: Dispatcher },
  into: Map<string, Exchange>,
): Promise<{ url: string; stop(): void }> {
  const listener = createServer((incoming, outgoing) => {
    const pass = async () => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer) // What a request is made of.
      const sent = Buffer.concat(chunks)
      const { method = '', url = '', headers } = incoming
      const abort = new AbortController()
      outgoing.once('close', () => abort.abort())
      const answer = await request(`${server.url}${url}`, {
        method: method as 'GET', // As it came.
        headers: {
          accept: headers.accept ?? '*/*',
          ...(sent.length > 0
            ? { 'content-type': headers['content-type'] ?? 'application/json' }
            : {}),
        },
        body: sent.length > 0 ? sent : null,
        dispatcher: server.dispatcher,
        signal: abort.signal,
        bodyTimeout: 0,
      })
      outgoing.writeHead(answer.statusCode, {
        'content-type': String(answer.headers['content-type']),
      })
      const asked = { method, url, body: jsonOf(sent.toString('utf8')) }
      const isWatch = new URL(url, server.url).searchParams.get('watch') === 'true'
      let rest = ''
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        outgoing.write(chunk)
        rest += chunk.toString('utf8')
        if (!isWatch) continue
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) note(into, exchangeOf(asked, answer.statusCode, jsonOf(line)))
      }
      outgoing.end()
      if (!isWatch) note(into, exchangeOf(asked, answer.statusCode, jsonOf(rest)))
    }
    pass().catch(() => outgoing.destroy()) // Whoever asked, or who answers, went away.
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo // Of a TCP server.
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      listener.close()
      listener.closeAllConnections()
    },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A log is no JSON, and has no fields.
  }
}
