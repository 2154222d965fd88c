import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { HubError, httpStatus } from '../../../schemas/errors.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Context } from '../../../servers/kit/context.ts'
import { openExchange, followPush } from '../../../servers/radicle/exchange.ts'
import { leaseOf } from '../../calls/lease-state.ts'
import type { HttpParts } from '../parts.ts'
import { Limiter } from '../../upstreams/limiter.ts'
import type { Served } from './backend.ts'
import { serveRequest } from './backend.ts'
import { boundedBody } from './body.ts'
import { maxBodyBytes, serverSettings } from './settings.ts'

type Exchanged = { request: IncomingMessage; response: ServerResponse }
type Asked = { task: string; action: string; isPush: boolean; isAnnouncing: boolean; query: string }

const address =
  /^\/git\/(task-[a-z0-9-]{1,55})(?:\.git)?\/(info\/refs|git-(?:upload|receive)-pack)$/

/** Each one is a few processes; more at a time only make each other slow. */
const running = new Limiter(16)

/**
 * `/git/TASK`: the branch of a task for plain Git, by its own server. It is decided and recorded as a call
 * named git_fetch or git_push; what refuses it is told as text, which Git shows to people.
 */
export async function serveGit(
  hub: HttpParts,
  principal: Principal,
  path: string,
  { request, response }: Exchanged,
): Promise<void> {
  const gone = new AbortController()
  const leave = () => {
    if (!response.writableFinished) gone.abort(new HubError('canceled', 'the caller went away'))
  }
  response.once('close', leave)
  if (request.socket.destroyed) leave() // It left before anybody listened.
  const signal = AbortSignal.any([gone.signal, hub.stopping])
  try {
    const asked = readRequest(path, request)
    const { task, isPush, isAnnouncing } = asked
    const { error } = await hub.calls.stream(
      {
        ...{ principal, about: task, args: { task }, signal: () => signal },
        name: isPush ? 'git_push' : 'git_fetch',
        effect: isPush && !isAnnouncing ? 'update' : 'read',
        scope: isPush ? 'repo:write' : 'repo:read',
      },
      async (ctx) => {
        const free = await running.enter(() => signal)
        try {
          const pushed = await exchange(hub, ctx, asked, { request, response })
          return { value: pushed, outcome: pushed.moved === false ? 'failed' : 'ok' }
        } finally {
          free()
        }
      },
    )
    if (error !== undefined) refuse(response, error)
  } catch (error) {
    refuse(response, error)
  }
}

function readRequest(path: string, request: IncomingMessage): Asked {
  const [, task, action = ''] = address.exec(path) ?? []
  const url = request.url ?? ''
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  const service = action === 'info/refs' ? /^service=(git-\w+-pack)$/.exec(query)?.[1] : action
  const isRead = action === 'info/refs'
  if (task === undefined || request.method !== (isRead ? 'GET' : 'POST'))
    throw new HubError('not_found', `there is nothing of Git at ${path}`, {
      hint: 'The address of a task is /git/TASK.',
    })
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack')
    throw new HubError('unsupported', 'only the smart protocol of Git is spoken here', {
      hint: 'Use Git 1.6.6 or later.',
    })
  // Before a long push Git sends an empty one, to learn whether it is let in.
  const isEmpty = request.headers['content-length'] === '4'
  const isPush = service === 'git-receive-pack'
  return { task, action, isPush, isAnnouncing: isRead || (isPush && isEmpty), query }
}

/** Serves the request; of a push, whether the branch moved, and what went wrong all the same. */
async function exchange(
  hub: HttpParts,
  ctx: Context,
  { task, action, isPush, isAnnouncing, query }: Asked,
  { request, response }: Exchanged,
): Promise<{ moved?: boolean; error?: unknown }> {
  const repository = await openExchange(ctx, task, { isPush, isFresh: action === 'info/refs' })
  const { maxPushMb } = ctx.config.file.git
  const settings = serverSettings(repository.branch, maxPushMb)
  const served: Served = {
    ...{ dir: repository.dir, action, query, settings },
    principal: ctx.principal.id,
  }
  const isPosted = action !== 'info/refs'
  const body = isPosted ? boundedBody(request, maxBodyBytes(action, maxPushMb)) : Readable.from([])
  const ended = new AbortController()
  const signal = AbortSignal.any([ctx.signal, ended.signal])
  const serve = async () => {
    const said = await serveRequest(served, { request, body, response }, signal)
    if (said !== '') hub.log.debug({ task, said }, 'git said something while it served a task')
  }
  if (!isPush || isAnnouncing) return serve().then(() => ({}))
  const unwatch = watchLease(hub, ctx.principal, ended)
  try {
    return await followPush(repository, serve)
  } finally {
    unwatch()
  }
}

/** Aborts when the lease of whoever pushes ends: what is under way must not become part of the branch then. */
function watchLease(hub: HttpParts, principal: Principal, ended: AbortController): () => void {
  const look = async () => {
    if ((await leaseOf(hub.store.reader, principal)) === 'live') return
    ended.abort(new HubError('denied', `the lease of ${principal.id} ended while it pushed`))
  }
  const heed = () => void look().catch((error: unknown) => ended.abort(error))
  const unsubscribe = hub.topics.subscribe('tokens', heed)
  heed() // It may have ended since the call was decided.
  return unsubscribe
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  if (!(error instanceof HubError)) throw error
  const body = `${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`
  response.writeHead(error.code === 'exhausted' ? 413 : httpStatus[error.code], {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    // What was not read of the request would be taken for the next one.
    connection: 'close',
  })
  response.end(body)
}
