import { WebSocket } from 'ws'
import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import type { ExecEvent } from '../../../kit/cluster-driver.ts'
import { ApiError, jsonOf } from './api-error.ts'
import type { Handle } from './live-pod.ts'
import { containerName } from './names.ts'
import { parsed } from './objects.ts'
import { podPath } from './pod-api.ts'
import type { Transport } from './transport.ts'
import { prefixOf, queryText } from './transport.ts'

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
const openMs = 15_000
const maxWaiting = 64

/** One program beside a pod's own, over the WebSocket channels of the API: 1 is output, 2 errors, 3 the end. */
export async function* execute(
  transport: Transport,
  cluster: string,
  { handle, command, signal }: { handle: Handle; command: string[]; signal: AbortSignal },
): AsyncGenerator<ExecEvent> {
  signal.throwIfAborted()
  const path = `${podPath(handle)}/exec`
  const query = { container: containerName, stdout: 'true', stderr: 'true', command }
  const { server, headers, ca, cert, key, serverName } = await transport.identity()
  const address = `${new URL(server).origin}${prefixOf(server)}${path}${queryText(query)}`
  const socket = new WebSocket(address.replace(/^http/, 'ws'), protocols, {
    headers,
    handshakeTimeout: openMs,
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(serverName ? { servername: serverName } : {}),
  })
  const events: ExecEvent[] = []
  let end: { error?: unknown } | undefined
  let wake: (() => void) | undefined
  const tell = () => wake?.()
  const finish = (error?: unknown) => {
    end ??= error === undefined ? {} : { error }
    tell()
  }
  const abort = () => finish(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  socket.on('message', (data: Buffer) => {
    try {
      const event = eventOf(data)
      if (event) events.push(event)
    } catch (error) {
      finish(error)
    }
    if (events.length >= maxWaiting) socket.pause()
    tell()
  })
  socket.on('unexpected-response', (_request, response) => {
    let body = ''
    response.on(
      'data',
      (chunk: Buffer) => (body = (body + chunk.toString('utf8')).slice(0, 65_536)),
    )
    response.on('end', () =>
      finish(new ApiError(cluster, { status: response.statusCode ?? 0, body })),
    )
  })
  socket.on('error', (cause) =>
    finish(
      new HubError('unavailable', `no program could be run in the pod: ${cause.message}`, {
        cause,
      }),
    ),
  )
  socket.on('close', () => finish())
  try {
    for (;;) {
      signal.throwIfAborted()
      const event = events.shift()
      if (event) {
        yield event
        if (event.kind === 'exit') return
        if (events.length === 0) socket.resume()
      } else if (end) {
        if ('error' in end) throw end.error
        throw new HubError('unavailable', 'the cluster cut the connection to a running program')
      } else {
        await new Promise<void>((resolve) => (wake = resolve))
      }
    }
  } finally {
    signal.removeEventListener('abort', abort)
    socket.terminate()
  }
}

function eventOf(data: Buffer): ExecEvent | undefined {
  const rest = data.subarray(1)
  switch (data[0]) {
    case 1:
    case 2:
      if (rest.length === 0) return undefined
      return { kind: 'output', stream: data[0] === 1 ? 'out' : 'err', data: rest }
    case 3:
      return { kind: 'exit', exitCode: exitCodeOf(parsed(Ended, jsonOf(rest.toString('utf8')))) }
    default:
      return undefined
  }
}

function exitCodeOf({ status, message, details }: z.output<typeof Ended>): number {
  if (status === 'Success') return 0
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  if (code !== undefined) return Number(code)
  throw new HubError('failed', `the program could not be run in the pod: ${message}`)
}

const Ended = z.object({
  status: z.string().default(''),
  message: z.string().default(''),
  details: z
    .object({
      causes: z
        .array(z.object({ reason: z.string().default(''), message: z.string().default('') }))
        .optional(),
    })
    .nullish(),
})
