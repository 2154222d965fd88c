import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as send } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** Where a request to the proxy of a pod leads: this machine, where the double runs containers. */
export function proxied(url = ''): { prefix: string; path: string; port: number } | undefined {
  const [, prefix = '', port, path] =
    /^(\/api\/v1\/namespaces\/[^/]+\/pods\/[^/:]+:(\d+)\/proxy)(\/.*)$/.exec(url) ?? []
  return path === undefined ? undefined : { prefix, path, port: Number(port) }
}

type To = NonNullable<ReturnType<typeof proxied>>

/** As an API server does: its own credential stays, and an address of the pod is written as one of its own. */
export function serveProxy(to: To, request: IncomingMessage, response: ServerResponse): void {
  const { authorization: _credential, ...headers } = request.headers
  const { port, path, prefix } = to
  const asked = send({ port, path, method: request.method, headers, setHost: false }, (answer) => {
    const { location } = answer.headers
    const moved = location?.startsWith('/') ? { location: prefix + location } : {}
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...moved })
    answer.pipe(response)
  })
  asked.once('error', ({ message }) => {
    const status = { kind: 'Status', status: 'Failure', code: 502, message }
    response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify(status))
  })
  response.once('close', () => asked.destroy())
  request.pipe(asked)
}

export function serveProxyUpgrade(to: To, request: IncomingMessage, socket: Duplex): void {
  const { authorization: _credential, ...headers } = request.headers
  const pod = connect(to.port, '127.0.0.1', () => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
    pod.write(`GET ${to.path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.pipe(pod).pipe(socket)
  })
  pod.once('error', () => socket.destroy())
  socket.once('close', () => pod.destroy())
  pod.once('close', () => socket.destroy())
}
