import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { HubError } from '../../../schemas/errors.ts'
import { request as send } from '../node-http.ts'
import type { Exposed } from './exposed.ts'
import type { Way } from './forward.ts'
import { pathOf, unreachable } from './forward.ts'
import { belowRoot, towardsBrowser, towardsPod } from './headers.ts'

const answerMs = 30_000

/** Passes a WebSocket on to a port of a pod; after the handshake, bytes both ways as they come. */
export async function forwardUpgrade(
  exposed: Exposed,
  { proto, ancestors }: Way,
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<void> {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket')
    throw new HubError('unsupported', 'only WebSockets are passed on')
  exposed.hold(socket)
  const { prefix, headers: more } = await exposed.way()
  const asked = send({
    createConnection: exposed.agent.createConnection,
    method: 'GET',
    path: prefix + belowRoot(pathOf(request), prefix),
    headers: {
      ...towardsPod(request, { proto, more }),
      connection: 'Upgrade',
      upgrade: 'websocket',
    },
    setHost: false,
    timeout: answerMs,
  })
  socket.once('close', () => asked.destroy())
  const answer = await new Promise<{ said: IncomingMessage; pod?: Duplex; first?: Buffer }>(
    (resolve, reject) => {
      asked.once('upgrade', (said, pod, first) => resolve({ said, pod, first }))
      asked.once('response', (said) => resolve({ said }))
      asked.once('error', reject)
      asked.once('timeout', () =>
        asked.destroy(new HubError('unavailable', 'the pod does not answer in time')),
      )
      asked.end()
    },
  ).catch(unreachable)
  asked.setTimeout(0)
  const { said, pod, first } = answer
  const headers = towardsBrowser(said, { prefix, ancestors })
  if (!pod) {
    socket.write(headText(said, { ...headers, connection: 'close' }))
    said.pipe(socket)
    return
  }
  const { 'content-security-policy': _policy, ...kept } = headers
  socket.write(headText(said, { ...kept, connection: 'Upgrade', upgrade: 'websocket' }))
  join(socket, pod, { head, first: first ?? Buffer.alloc(0) })
}

/** Each end that closes closes the other. */
function join(browser: Duplex, pod: Duplex, { head, first }: { head: Buffer; first: Buffer }) {
  if (first.length > 0) browser.write(first)
  if (head.length > 0) pod.write(head)
  for (const [from, to] of [
    [browser, pod],
    [pod, browser],
  ] as const) {
    from.on('error', () => to.destroy())
    from.once('close', () => to.destroy())
    from.pipe(to)
  }
}

function headText({ statusCode, statusMessage }: IncomingMessage, headers: OutgoingHttpHeaders) {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}`),
  )
  return [`HTTP/1.1 ${statusCode} ${statusMessage ?? ''}`, ...lines, '', ''].join('\r\n')
}
