import type { IncomingMessage } from 'node:http'
import { HubError } from '../../schemas/errors.ts'

const maxBodyBytes = 8 * 1024 * 1024

/** The whole body as text. A larger one is refused before it is read to the end. */
export function readBody(request: IncomingMessage): Promise<string> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBodyBytes) return Promise.reject(tooLarge(`${declared} bytes`))
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) {
        chunks = []
        request.removeAllListeners('data')
        reject(tooLarge('a longer stream'))
      } else {
        chunks.push(chunk)
      }
    })
    request.on('end', () =>
      resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')),
    )
    // Every request closes, also one that fails; making the error costs more than reading a small body.
    request.on('close', () => {
      if (!request.complete) reject(new HubError('canceled', 'the caller went away'))
    })
  })
}

/** Refuses, before anything is read, a body that is too large or does not say how large it is. */
export function assertBounded(request: IncomingMessage): void {
  if (request.headers['transfer-encoding'] !== undefined) {
    throw new HubError('invalid', 'this route needs a Content-Length, not a chunked body')
  }
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBodyBytes) throw tooLarge(`${declared} bytes`)
}

const tooLarge = (what: string) =>
  new HubError(
    'exhausted',
    `the request body is limited to ${maxBodyBytes} bytes, this is ${what}`,
    {
      hint: 'Send less at a time; artifacts are limited to 3 MiB each.',
    },
  )
