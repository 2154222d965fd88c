import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Transform, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { HubError } from '../../../schemas/errors.ts'

/**
 * The body of a request as it was before the client packed it, and never more than `maxBytes` of it: a
 * small packed one could else become as large as it likes inside of Git.
 */
export function boundedBody(request: IncomingMessage, maxBytes: number): Readable {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  let bytes = 0
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > maxBytes) done(tooLarge(maxBytes))
      else done(null, chunk)
    },
  })
  const encoding = request.headers['content-encoding']
  const ignore = () => undefined // Whoever reads the body meets the error there.
  if (encoding === undefined || encoding === 'identity') return pipeline(request, bounded, ignore)
  if (encoding === 'gzip' || encoding === 'x-gzip')
    return pipeline(request, createGunzip(), bounded, ignore)
  throw new HubError('unsupported', `the body is packed with ${JSON.stringify(encoding)}`, {
    hint: 'Send it as it is, or with gzip.',
  })
}

const tooLarge = (maxBytes: number) =>
  new HubError('exhausted', `the request is larger than ${Math.floor(maxBytes / 1_048_576)} MiB`, {
    hint: 'Push less, or have `git.maxPushMb` raised in switchyard.json.',
  })
