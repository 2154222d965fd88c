import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { HubError } from '../../../../schemas/errors.ts'
import type { ClusterDriver } from '../../../kit/cluster-driver.ts'
import { missingRights } from './guards.ts'
import type { LivePods } from './live-pods.ts'
import { podPath } from './pod-api.ts'
import type { Identity, Transport } from './transport.ts'
import { prefixOf } from './transport.ts'

const connectMs = 15_000

/**
 * The way to ports of pods by the API server, which passes HTTP and WebSockets on to the pod's address:
 * the hub needs no route into the cluster's network.
 */
export function podProxy(
  transport: Transport,
  cluster: string,
  pods: LivePods,
): ClusterDriver['reach'] {
  let right: Promise<void> | undefined
  return async (podId, port) => {
    const live = pods.get(podId)
    if (!live?.isRunning || live.isEnding)
      throw new HubError('conflict', `pod ${podId} does not run`)
    right ??= ensureProxyRight(transport, cluster).catch((error: unknown) => {
      right = undefined // It may be granted.
      throw error
    })
    await right
    const identity = await transport.identity()
    const { namespace, name } = live.handle
    const path = podPath({ namespace, name: `${name}:${port}` })
    return {
      prefix: `${prefixOf(identity.server)}${path}/proxy`,
      // What is compressed by brotli does not come through the server.
      headers: { 'accept-encoding': 'gzip', ...identity.headers },
      connect: () => connected(identity, cluster),
    }
  }
}

/** Throws `denied` unless the hub's user may have the API server pass requests on to pods. */
async function ensureProxyRight(transport: Transport, cluster: string): Promise<void> {
  if ((await missingRights(transport, ['get /pods/proxy'])).length === 0) return
  throw new HubError('denied', `the hub may not reach ports of pods on ${cluster}`, {
    hint: "Grant its user get, create, update, patch and delete of pods/proxy; docs/kubernetes.md lists the hub's rights.",
  })
}

function connected(identity: Identity, cluster: string): Promise<Socket> {
  const { server, ca, cert, key, serverName } = identity
  const { protocol, hostname, port } = new URL(server)
  const isSecure = protocol === 'https:'
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const where = { host, port: Number(port || (isSecure ? 443 : 80)), timeout: connectMs }
  return new Promise((resolve, reject) => {
    const socket = isSecure
      ? connectSecurely({
          ...where,
          ...(ca ? { ca } : {}),
          ...(cert && key ? { cert, key } : {}),
          ...(serverName ? { servername: serverName } : {}),
          ALPNProtocols: ['http/1.1'], // An upgrade is none of HTTP/2.
        })
      : connect(where)
    const fail = (cause?: Error) => {
      socket.destroy()
      const why = cause ? `: ${cause.message}` : ''
      reject(
        new HubError('unavailable', `the cluster ${cluster} does not answer${why}`, {
          ...(cause ? { cause } : {}),
        }),
      )
    }
    socket.once('error', fail)
    socket.once('timeout', () => fail())
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail)
      socket.setTimeout(0)
      resolve(socket)
    })
  })
}
