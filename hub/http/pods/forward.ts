import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { HubError } from '../../../schemas/errors.ts'
import { request as send } from '../node-http.ts'
import type { Exposed } from './exposed.ts'
import { belowRoot, towardsBrowser, towardsPod } from './headers.ts'

/** Until a pod begins to answer; after that it may be silent, as event streams are. */
const answerMs = 120_000

export type Way = { proto: string; ancestors: string }

/** Passes a request on to a port of a pod, and its response back, as they come. */
export async function forward(
  exposed: Exposed,
  { proto, ancestors }: Way,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  exposed.hold(response)
  const { prefix, headers: more } = await exposed.way()
  const asked = send({
    agent: exposed.agent,
    method: request.method,
    path: prefix + belowRoot(pathOf(request), prefix),
    headers: { ...towardsPod(request, { proto, more }), ...framing(request) },
    setHost: false,
    timeout: answerMs,
  })
  response.once('close', () => asked.destroy())
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve)
    asked.once('error', reject)
    asked.once('timeout', () =>
      asked.destroy(new HubError('unavailable', 'the pod does not answer in time')),
    )
  })
  // A pod may answer before it has read all, and then says itself whether it goes on reading.
  const sent = pipeline(request, asked).catch(() => undefined) // What went wrong shows in the answer.
  const answer = await answered.catch(unreachable)
  asked.setTimeout(0)
  response.writeHead(
    answer.statusCode ?? 502,
    answer.statusMessage,
    towardsBrowser(answer, { prefix, ancestors }),
  )
  try {
    await pipeline(answer, response)
  } catch {
    response.destroy() // One of both went away; the other is told by the end of its connection.
  }
  await sent
}

/**
 * How the end of a body is told, where that is not its length. Node tells none for methods that rarely have
 * a body: what is in it would then be read as a request of its own, with the credential of the connection.
 */
const framing = ({ headers }: IncomingMessage): { 'transfer-encoding'?: 'chunked' } =>
  headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }

/** Path and query, as one that only this pod has: nothing of it leads out, however it is written. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  if (!url.startsWith('/')) throw new HubError('invalid', 'this is no proxy for other addresses')
  const [path = '/'] = url.split(/[?#]/, 1)
  if (
    decoded(path)
      .split(/[/\\]/)
      .some((part) => part === '..' || part === '.')
  )
    throw new HubError('invalid', 'a path may not go up')
  return url
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new HubError('invalid', 'the path is not written as addresses are')
  }
}

export function unreachable(cause: unknown): never {
  if (cause instanceof HubError) throw cause
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new HubError('unavailable', `the pod does not answer: ${why}`, { cause })
}
