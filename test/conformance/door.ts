import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Door = { port: number; close(): void }

/** A way to the hub for clients that cannot send a credential: passes all on and adds the token. */
export async function openDoor(target: () => { port: number; token: string }): Promise<Door> {
  const server = createServer((request, response) => {
    const { port, token } = target()
    const onward = send({
      host: '127.0.0.1',
      port,
      method: request.method,
      path: request.url,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
    })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port, // It listens on TCP.
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
