import type { Readable } from 'node:stream'
import { HubError } from '../../../schemas/errors.ts'

export type CgiHead = {
  status: number
  headers: Record<string, string>
  /** What of the body came with it. */
  rest: Buffer
}

const maxHeadBytes = 8192

/** Reads the head of what a CGI program prints, and leaves its body to be read. */
export async function readHead(output: Readable): Promise<CgiHead> {
  let seen = Buffer.alloc(0)
  for (;;) {
    const chunk = output.read() as Buffer | null // No encoding is set.
    if (chunk === null) {
      if (output.readableEnded || output.destroyed) break
      await readable(output)
      continue
    }
    seen = Buffer.concat([seen, chunk])
    const end = seen.indexOf('\r\n\r\n')
    if (end >= 0) return parse(seen.subarray(0, end).toString('latin1'), seen.subarray(end + 4))
    if (seen.length > maxHeadBytes) break
  }
  throw new HubError('unavailable', 'git ended before it answered', {
    hint: 'The same request may be sent again.',
  })
}

function parse(head: string, rest: Buffer): CgiHead {
  const headers: Record<string, string> = {}
  let status = 200
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':')
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    if (name === 'status') status = Number.parseInt(value, 10)
    else headers[name] = value
  }
  return { status, headers, rest }
}

const readable = (output: Readable): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      output.off('readable', done).off('end', done).off('close', done).off('error', done)
      if (error instanceof Error) reject(error)
      else resolve()
    }
    output.on('readable', done).on('end', done).on('close', done).on('error', done)
  })
