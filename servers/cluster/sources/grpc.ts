import type { ClientHttp2Session, SecureClientSessionOptions } from 'node:http2'
import { connect } from 'node:http2'
import { HubError } from '../../../schemas/errors.ts'

/** A call of a gRPC method whose request is empty and whose answer is a stream of messages. */
export type GrpcCall = {
  /** `https://host:port`. */
  server: string
  method: string
  metadata: Record<string, string>
  tls: Pick<SecureClientSessionOptions, 'ca' | 'cert' | 'key'>
  timeoutMs: number
  maxBytes: number
}

/** A call that ended with another status than OK. */
export class GrpcStatus extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const noMessage = Buffer.alloc(5) // Not compressed, of no length: google.protobuf.Empty.

/** The messages of the answer, over HTTP/2 with a certificate on both sides. */
export async function grpcMessages(call: GrpcCall): Promise<Buffer[]> {
  const session = connect(call.server, { ...call.tls, ALPNProtocols: ['h2'] })
  try {
    return framesOf(await answerOf(session, call))
  } finally {
    session.destroy()
  }
}

function answerOf(session: ClientHttp2Session, call: GrpcCall): Promise<Buffer> {
  const { server, method, metadata, timeoutMs, maxBytes } = call
  return new Promise((resolve, reject) => {
    const away = (why: string, cause?: unknown) =>
      reject(new HubError('unavailable', `${server} does not answer: ${why}`, { cause }))
    // Covers a server that takes the connection and says nothing.
    const timer = setTimeout(() => away(`nothing came within ${timeoutMs / 1000} s`), timeoutMs)
    session.once('close', () => clearTimeout(timer))
    session.once('error', (error) => away(error.message, error))
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    })
    const chunks: Buffer[] = []
    let size = 0
    let status: GrpcStatus | undefined
    const read = (headers: Record<string, unknown>) => {
      const code = headers['grpc-status']
      if (typeof code !== 'string') return
      const message = headers['grpc-message']
      status = new GrpcStatus(Number(code), typeof message === 'string' ? decoded(message) : '')
    }
    stream.on('response', read) // An answer of trailers alone.
    stream.on('trailers', read)
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) away(`more than ${maxBytes} bytes came`)
      else chunks.push(chunk)
    })
    stream.once('error', (error) => away(error.message, error))
    stream.once('close', () => {
      if (!status) away('it ended without a gRPC status')
      else if (status.code !== 0) reject(status)
      else resolve(Buffer.concat(chunks))
    })
    stream.end(noMessage)
  })
}

function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + (at + 5 <= bytes.length ? bytes.readUInt32BE(at + 1) : 0)
    if (at + 5 > bytes.length || end > bytes.length || bytes[at] !== 0)
      throw new HubError('unavailable', 'a gRPC answer is cut off, or compressed unasked')
    frames.push(bytes.subarray(at + 5, end))
    at = end
  }
  return frames
}

/** The fields of a message that hold bytes, messages or text, by number; numbers are passed over. */
export function bytesFields(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>()
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]
      if (byte === undefined || shift > 42)
        throw new HubError('unavailable', 'a gRPC answer is no message of its kind')
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        varint()
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        fields.set(number, message.subarray(at, at + length))
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new HubError('unavailable', 'a gRPC answer is no message of its kind')
    }
  }
  return fields
}

/** The message of a status is percent-encoded; one that is not is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
