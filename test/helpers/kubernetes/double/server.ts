import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { makeFolder } from '../../folder.ts'
import { differenceFrom, exchangeOf } from '../exchanges.ts'
import { refusal } from './admission.ts'
import type { Asked } from './asked.ts'
import { askedOf, configOf, merged, parse, selects } from './asked.ts'
import { Kubelet } from './kubelet.ts'
import { groupOf, mint } from './grants.ts'
import type { Kept } from './objects.ts'
import { Objects, groupsOf, keyOf } from './objects.ts'
import { proxied, serveProxy, serveProxyUpgrade } from './proxy.ts'
import { Sandboxes } from './sandboxes.ts'
import { serveExec, serveLog } from './streams.ts'
import { Tokens } from './tokens.ts'
import type { Answer } from './writes.ts'
import { notFound, writesTo } from './writes.ts'

/**
 * An API server with one node, which answers what a real one was recorded to answer: a request of
 * another form, or an answer of another shape, fails the test that it is in.
 */
export async function startDouble() {
  const root = makeFolder('kubelet')
  const objects = new Objects()
  const tokens = new Tokens(objects)
  /** Services of the cluster by host, with what answers behind them. */
  const services = new Map<string, string>()
  const kubelet = new Kubelet(objects, root, { tokens, services })
  const strange = new Set<string>()
  const connections = new Set<Socket>()
  const state = {
    opened: 0,
    reviews: 0,
    /** Told of each object that is made. */ created: (_kept: Kept): void => undefined,
    token: 'first',
    /** Tokens that were asked for, and how long they last. */
    minted: new Set<string>(),
    tokenSeconds: 3600,
    /** Groups of the API beyond those of Kubernetes, with the version to use. */
    groups: new Map<string, string>(),
    fails: undefined as Answer | undefined,
    /** What `metrics.k8s.io` says of nodes, where it is installed. */
    metrics: undefined as Answer | undefined,
    /** What becomes of an object that is applied. */ alter: (kept: Kept): Kept => kept,
  }
  const writes = writesTo(objects, kubelet, (kept) => state.created(kept))
  const { create, evict, remove, page } = writes
  new Sandboxes(objects, writes).follow()
  const compare = (asked: Asked, { status, body }: Answer) => {
    const { method, url } = asked
    const difference = differenceFrom(
      exchangeOf({ method, url: url.href, body: asked.body }, status, body),
    )
    if (difference !== undefined) strange.add(difference)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const to = proxied(request.url)
    if (to && request.headers.authorization === `Bearer ${state.token}`)
      return serveProxy(to, request, response)
    const asked = await askedOf(request)
    const send = ({ status, body }: Answer) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (state.fails) return send(state.fails)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (token !== state.token && !state.minted.has(token))
      return send({ status: 401, body: refusal(401, 'Unauthorized', 'Unauthorized') })
    if (asked.part === 'log') {
      const running = runningOf(asked)
      if (running) return serveLog(running, asked.url.searchParams, response)
      return send({
        status: 400,
        body: refusal(400, 'BadRequest', 'container is waiting to start'),
      })
    }
    if (asked.url.searchParams.get('watch') === 'true') return serveWatch(asked, response)
    // A real one says so in plain words where no metrics server is registered.
    if (asked.url.pathname.startsWith('/apis/metrics.k8s.io/'))
      return send(state.metrics ?? { status: 404, body: '404 page not found' })
    const answer = answerTo(asked)
    compare(asked, answer)
    send(answer)
  }

  const runningOf = ({ namespace, name = '' }: Asked) => {
    const pod = objects.get(keyOf('pods', namespace, name))
    return pod && kubelet.running(pod)
  }

  const serveWatch = (asked: Asked, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const tell = (event: object) => {
      compare(asked, { status: 200, body: event })
      response.write(`${JSON.stringify(event)}\n`)
    }
    const from = Number(asked.url.searchParams.get('resourceVersion'))
    const watcher = { plural: asked.plural, wants: selects(asked), tell }
    const stop = objects.watch(watcher, from)
    if (!stop) {
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: refusal(410, 'Expired', 'too old resource version') })}\n`,
      )
      return
    }
    response.once('close', stop)
  }

  const answerTo = (asked: Asked): Answer => {
    const { method, url, plural, namespace, name, body } = asked
    if (url.pathname === '/version') return { status: 200, body: { gitVersion: 'v1.36.2' } }
    if (url.pathname === '/apis') return { status: 200, body: groupsOf(objects) }
    if (plural === 'selfsubjectaccessreviews')
      return { status: 201, body: { ...body, status: { allowed: true } } }
    if (plural === 'tokenreviews') {
      state.reviews++
      const review = body as Parameters<typeof tokens.review>[0] // As the hub sends it.
      return { status: 201, body: { ...body, status: tokens.review(review) } }
    }
    const [, group = ''] = /^\/apis\/([^/]+)$/.exec(url.pathname) ?? []
    if (group !== '') return groupOf(state.groups, group)
    if (asked.part === 'token') return mint(state)
    const key = keyOf(plural, namespace, name ?? '')
    switch (method) {
      case 'GET': {
        const found = name === undefined ? page(asked) : objects.get(key)
        return found ? { status: 200, body: found } : notFound(asked)
      }
      case 'PATCH': {
        const known = objects.get(key)
        if (['nodes', 'sandboxes'].includes(plural) || asked.part === 'resize')
          return known
            ? { status: 200, body: objects.set(key, merged(known, body)) }
            : notFound(asked)
        const next = state.alter(body as Kept) // As the hub sends it.
        const of = (object: Kept) => JSON.stringify({ ...object, metadata: 0 })
        const kept = known && of(known) === of(next) ? known : objects.set(key, next)
        return { status: known ? 200 : 201, body: kept }
      }
      case 'POST':
        return asked.part === 'eviction' ? evict(asked, key) : create(asked)
      default:
        return remove(asked, key)
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      strange.add(String(error))
      response.destroy()
    })
  })
  server.on('connection', (socket) => {
    state.opened++
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => {
    const to = proxied(request.url)
    if (to) return serveProxyUpgrade(to, request, socket)
    const running = runningOf(parse(request.method ?? '', request.url ?? '', {}))
    if (running)
      serveExec(running, new URL(request.url ?? '', 'http://double').searchParams, {
        request,
        socket,
        head,
      })
    else socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    kubelet.close()
    server.close()
    server.closeAllConnections()
    expect([...strange]).toEqual([])
  })
  const { port } = server.address() as AddressInfo // Of a TCP server.
  const kubeconfig = join(root, 'kubeconfig')
  const writeConfig = (token: string) =>
    writeFileSync(kubeconfig, JSON.stringify(configOf(port, token)))
  writeConfig(state.token)
  return {
    url: `http://127.0.0.1:${port}`,
    kubeconfig,
    context: 'test',
    objects,
    tokens,
    services,
    kubelet,
    state,
    root,
    /** Ends a pod as a node does that runs out of something. */
    evict: (pod: Kept) => kubelet.evict(pod),
    writeConfig,
    /** Cuts every connection, as a restart does. */
    cut: () => connections.forEach((socket) => socket.destroy()),
  }
}

export type Double = Awaited<ReturnType<typeof startDouble>>
