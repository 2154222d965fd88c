import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context as HonoContext } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { HubError, errorBody, httpStatus } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Artifact } from '../../schemas/artifact.ts'
import { codeRoot, manifest } from '../../servers/kit/code-root.ts'
import { parseStrictly } from '../rpc/json.ts'
import { RpcError, isObject } from '../rpc/protocol.ts'
import { diskRoom } from '../../servers/kit/disk.ts'
import { pageHeaders as questionHeaders, showQuestion, takeAnswer } from './approval-page.ts'
import type { Door } from './listener.ts'
import { answerLink, signInByToken, signInHeaders, signOut } from './login.ts'
import { completeChat, listChatModels } from './model-endpoint.ts'
import { pictureResponse } from './pictures.ts'
import { methodsAt, openApi, routeArguments, routes } from './rest.ts'
import { answerBrowser, callbackPath, pageHeaders as plainPage } from './sign-in-page.ts'

type Env = { Bindings: { principal: Principal | undefined } }

const dist = join(codeRoot, 'web', 'dist')

// The dashboard loads its own files only; nothing that a note or a log says can add another source.
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const pageHeaders = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** All routes but MCP and the streams, as Node's server takes them. */
export function makeListener(
  door: Door,
  principalOf: (request: IncomingMessage) => Principal | undefined,
): RequestListener {
  const app = makeRoutes(door)
  const listener = getRequestListener((request, env) => {
    const { incoming } = env as { incoming: IncomingMessage } // @hono/node-server passes it here.
    return app.fetch(request, { principal: principalOf(incoming) })
  })
  return (request, response) => void listener(request, response)
}

/** The routes that are no tool calls: health, metrics, sign-in, artifact bytes and the dashboard. */
function makeRoutes(door: Door): Hono<Env> {
  const { hub } = door
  const app = new Hono<Env>()

  app.get('/health', (c) =>
    c.json({ status: 'ok', uptimeMs: Math.round(hub.now() - hub.startedAt) }),
  )
  app.get('/ready', async (c) => {
    const { isLow } = await diskRoom({ dataDir: hub.dataDir, config: hub.config() })
    const state = { ready: !hub.draining, disk: isLow ? 'low' : 'ok' }
    return c.json(state, hub.draining ? 503 : 200)
  })

  app.get('/metrics', async (c) => {
    requirePrincipal(c)
    return c.text(await hub.telemetry.text(), 200, { 'content-type': 'text/plain; version=0.0.4' })
  })

  // Whoever only looks where a link leads, as previews in chats do, must not use it up.
  for (const path of ['/login', callbackPath])
    app.get(path, (c, next) =>
      c.req.method === 'HEAD' ? Promise.resolve(c.body(null, 200, signInHeaders)) : next(),
    )
  app.get('/login', async (c) => {
    const code = c.req.query('code') ?? ''
    const { status, html, headers } = await answerLink(door, code, c.req.header('accept'))
    return c.html(html, status, headers)
  })
  app.post('/login', async (c) => {
    const { cookie } = await signInByToken(door, (await readJson(c)).token)
    return c.body(null, 204, { 'set-cookie': cookie, ...signInHeaders })
  })
  app.post('/logout', (c) =>
    c.body(null, 204, { 'set-cookie': signOut(door).cookie, ...signInHeaders }),
  )

  app.get(callbackPath, async (c) => {
    const { status, html } = await answerBrowser(hub, new URL(c.req.url))
    return c.html(html, status, plainPage)
  })

  app.get('/approve/:token', async (c) => {
    const { status, html } = await showQuestion(hub, c.req.param('token'))
    return c.html(html, status, questionHeaders)
  })
  app.post('/approve/:token', async (c) => {
    const { status, html } = await takeAnswer(hub, c.req.param('token'), () => c.req.text())
    if (status !== 200) return c.html(html, status, questionHeaders)
    return c.redirect(c.req.path, 303) // So that loading the page again sends nothing again.
  })

  app.get('/artifacts/:id', async (c) => {
    const principal = requirePrincipal(c)
    const read = await hub.calls.tool(principal, 'artifact_read', {
      artifact: c.req.param('id'),
      max_bytes: 1,
    })
    const { artifact } = read as { artifact: Artifact } // The tool's output.
    const file = join(hub.dataDir, 'artifacts', artifact.sha256.slice(0, 2), artifact.sha256)
    const body = Readable.toWeb(createReadStream(file)) as ReadableStream // Node's and the web's are one.
    return c.body(body, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${artifact.name.replace(/[^\w.-]/g, '_')}"`,
      'x-content-type-options': 'nosniff',
    })
  })

  app.get('/pictures/chat/:file', async (c) => {
    const asked = { file: c.req.param('file') }
    return pictureResponse(await hub.calls.tool(requirePrincipal(c), 'chat_attachment', asked))
  })

  app.get('/pictures/note', async (c) => {
    const asked = c.req.query()
    return pictureResponse(await hub.calls.tool(requirePrincipal(c), 'note_picture', asked))
  })

  app.get('/openapi.json', (c) => {
    requirePrincipal(c)
    return c.json(openApi(hub.registry, manifest.version))
  })
  for (const { method, path, tool: name, status } of routes) {
    const tool = hub.registry.require(name)
    app.on(method, path, async (c) => {
      const principal = requirePrincipal(c)
      const request = {
        path: c.req.param() as Record<string, string>, // Named by the route's own path.
        query: c.req.query(),
        body: method === 'POST' ? await readJson(c) : {},
        key: c.req.header('idempotency-key'),
      }
      const signal = () => c.req.raw.signal
      const value = await hub.calls.tool(principal, name, routeArguments(tool, request), { signal })
      return c.json(value as object, status ?? 200) // Tools return objects.
    })
  }

  app.post('/v1/chat/completions', (c) => {
    const asked = { body: () => readJson(c), signal: c.req.raw.signal }
    return completeChat(hub, requirePrincipal(c), asked)
  })
  app.get('/v1/models', (c) => listChatModels(hub, requirePrincipal(c)))

  // Apps of other servers, and pods, are shown in frames of other origins, which the page is told.
  app.get('/', async (c) => {
    const page = await sendFile(c, join(dist, 'index.html'), 'text/html; charset=utf-8')
    const origin = await door.apps.origin(c.req.header('host') ?? '')
    const framed = [origin, await door.pods.frameSource()].filter((one) => one !== undefined)
    if (framed.length === 0) return page
    const headers = new Headers(page.headers)
    headers.set('content-security-policy', `${pagePolicy}; frame-src ${framed.join(' ')}`)
    const text = (await page.text()).replace(
      'name="apps" content=""',
      `name="apps" content="${origin ?? ''}"`,
    )
    return new Response(text, { headers })
  })
  app.get('/assets/:name', (c) => {
    const name = c.req.param('name')
    const type = name.endsWith('.js')
      ? 'text/javascript'
      : name.endsWith('.css')
        ? 'text/css'
        : 'image/svg+xml'
    return sendFile(c, join(dist, 'assets', name), type, 'public, max-age=31536000, immutable')
  })

  app.notFound((c) => {
    const { method, path } = c.req
    const allowed = methodsAt(path)
    if (allowed.length === 0)
      return fail(c, new HubError('not_found', `there is nothing at ${path}`))
    const error = new HubError('unsupported', `${path} does not take ${method}`, {
      hint: `It takes ${allowed.join(' and ')}; /openapi.json lists all routes.`,
    })
    return c.json({ error: errorBody(error) }, 405, { allow: allowed.join(', ') })
  })
  app.onError((error, c) => {
    if (error instanceof HubError) return fail(c, error)
    hub.log.error({ error }, 'a route failed unexpectedly')
    return fail(c, new HubError('internal', 'the request failed inside the hub'))
  })
  return app
}

/** The body as an object; none at all counts as an empty one. */
async function readJson(c: HonoContext<Env>): Promise<Record<string, unknown>> {
  const text = await c.req.text()
  if (text.trim() === '') return {}
  try {
    const value = parseStrictly(text)
    if (isObject(value)) return value
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    throw new HubError('invalid', error.message, { cause: error })
  }
  throw new HubError('invalid', 'the body is not a JSON object')
}

async function sendFile(
  c: HonoContext<Env>,
  file: string,
  type: string,
  cache?: string,
): Promise<Response> {
  if (!existsSync(file)) {
    throw new HubError('not_found', 'the dashboard is not built', {
      hint: 'Run `npm run build` in the Switchyard folder.',
    })
  }
  const headers = {
    ...pageHeaders,
    'content-type': type,
    ...(cache ? { 'cache-control': cache } : {}),
  }
  return c.body(await readFile(file), 200, headers)
}

function fail(c: HonoContext<Env>, error: HubError): Response {
  return c.json({ error: errorBody(error) }, httpStatus[error.code] as ContentfulStatusCode) // The table holds nothing else.
}

function requirePrincipal(c: HonoContext<Env>): Principal {
  if (c.env.principal) return c.env.principal
  throw new HubError('unauthenticated', 'this needs a credential')
}
