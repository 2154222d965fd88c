import type { Server } from 'node:http'
import type { AddressInfo, Server as PlainServer } from 'node:net'
import { createServer } from 'node:net'

const loopback = '127.0.0.1'
/** Listening at one of these answers loopback already. */
const answersLoopback = new Set([loopback, '0.0.0.0', '::'])

/** Where something listens on this machine; `close` takes no more connections and waits for those there are. */
export type OpenPort = { port: number; localUrl: string; close(): Promise<void> }

/**
 * Listens at an address, and at 127.0.0.1 whatever that address is: the agents, command lines and
 * browsers of this machine come there, and a pod with a network of its own is led to no other. Fails
 * with the error of the system.
 */
export async function openPort(
  server: Server,
  { host, port: asked }: { host: string; port: number },
): Promise<OpenPort> {
  const { address, port } = await listening(server, host, asked)
  const servers: PlainServer[] = [server]
  if (!answersLoopback.has(address)) {
    // As an HTTP server has its own connections.
    const options = { allowHalfOpen: true, noDelay: true }
    const local = createServer(options, (socket) => server.emit('connection', socket))
    try {
      await listening(local, loopback, port)
    } catch (error) {
      await closed(server)
      throw error
    }
    local.unref() // What keeps the process is the server itself, or nothing.
    servers.push(local)
  }
  return {
    port,
    localUrl: `http://${loopback}:${port}`,
    close: async () => void (await Promise.all(servers.map(closed))),
  }
}

const listening = (server: PlainServer, host: string, port: number) =>
  new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo) // A TCP server that listens has one.
    })
  })

const closed = (server: PlainServer) => new Promise<void>((done) => server.close(() => done()))
