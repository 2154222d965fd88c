import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HubError } from '../../../schemas/errors.ts'
import { spawnGit } from '../../../servers/kit/git.ts'
import { readHead } from './cgi-head.ts'

export type Served = {
  /** The repository, and what is asked of it: `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  dir: string
  action: string
  query: string
  principal: string
  settings: [key: string, value: string][]
}

const stalledMs = 120_000
const graceMs = 2000
const keptErrorChars = 4000

/**
 * Has Git's own server answer a request. Bytes flow both ways at the pace of the slower side; when
 * `signal` aborts, or nothing has moved for two minutes, Git is ended with all that it started. Returns
 * what Git said on its error output.
 */
export async function serveRequest(
  served: Served,
  {
    request,
    body,
    response,
  }: { request: IncomingMessage; body: Readable; response: ServerResponse },
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted()
  const child = spawnGit(['http-backend'], { settings: served.settings, env: cgi(served, request) })
  const stop = new AbortController()
  const whole = AbortSignal.any([signal, stop.signal])
  const end = () => endGroup(child)
  whole.addEventListener('abort', end, { once: true })
  const timer = setTimeout(
    () => stop.abort(new HubError('unavailable', 'nothing moved for two minutes')),
    stalledMs,
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-keptErrorChars)
  })
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve())
  })
  try {
    const sent = send(body, child, () => timer.refresh())
    const answered = answer(child, response, {
      signal: whole,
      onBytes: () => timer.refresh(),
      sent,
    })
    await Promise.all([exited, sent, answered])
    return said
  } catch (error) {
    // What ended it says more than the pipe that broke by it.
    const reason: unknown = whole.aborted ? whole.reason : error
    stop.abort(reason)
    throw asKnown(reason)
  } finally {
    clearTimeout(timer)
    whole.removeEventListener('abort', end)
    end()
  }
}

function asKnown(error: unknown): unknown {
  if (error instanceof HubError) return error
  const { name, code: known } = error as { name?: string; code?: unknown } // Read with care: both may be missing.
  const code = String(known) // Of what a signal aborts with, it is a number.
  if (code.startsWith('Z_'))
    return new HubError('invalid', 'the body cannot be unpacked: it is no gzip, or was cut')
  if (['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code))
    return new HubError('canceled', 'the connection was cut')
  if (name === 'AbortError') return new HubError('unavailable', 'the hub is shutting down')
  return error
}

/** Feeds a body to Git. What Git does not want to read any more is read all the same, so that the caller hears why. */
async function send(
  body: Readable,
  child: ChildProcessWithoutNullStreams,
  onBytes: () => void,
): Promise<void> {
  let isOpen = true
  child.stdin.on('error', () => (isOpen = false)) // It ended before its input; its answer says why.
  child.stdin.on('close', () => (isOpen = false))
  for await (const chunk of body) {
    onBytes()
    if (!isOpen || child.stdin.write(chunk)) continue
    await canGoOn(child.stdin)
  }
  child.stdin.end()
}

const canGoOn = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done).off('error', done)
      resolve()
    }
    stream.on('drain', done).on('close', done).on('error', done)
  })

/** Passes on what Git answers; the end is held back until the request was read. */
async function answer(
  child: ChildProcessWithoutNullStreams,
  response: ServerResponse,
  { signal, onBytes, sent }: { signal: AbortSignal; onBytes: () => void; sent: Promise<void> },
): Promise<void> {
  const { status, headers, rest } = await readHead(child.stdout)
  signal.throwIfAborted()
  response.writeHead(status, headers)
  const counted = async function* (source: AsyncIterable<Buffer>) {
    if (rest.length > 0) yield rest
    for await (const chunk of source) {
      onBytes()
      yield chunk
    }
    await sent
  }
  await pipeline(child.stdout, counted, response, { signal })
}

const cgi = (
  { dir, action, query, principal }: Served,
  request: IncomingMessage,
): Record<string, string> => {
  const protocol = request.headers['git-protocol']
  const known = typeof protocol === 'string' && /^[\w=:.-]{1,100}$/.test(protocol)
  return {
    GIT_PROJECT_ROOT: dir,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${action}`,
    QUERY_STRING: query,
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    REMOTE_USER: principal,
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
    ...(known ? { GIT_PROTOCOL: protocol } : {}),
  }
}

/** Politely first: what Git has received and not yet taken it then removes itself. */
function endGroup(child: ChildProcessWithoutNullStreams): void {
  const { pid } = child
  if (pid === undefined) return
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Gone already.
    }
  }
  send('SIGTERM')
  setTimeout(() => send('SIGKILL'), graceMs).unref()
}
