import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { makeFolder } from '../../folder.ts'
import { differenceFrom, exchangeOf } from '../exchanges.ts'
import { podRefusal, refusal } from './admission.ts'
import type { Asked } from './asked.ts'
import { askedOf, configOf, parse, selects } from './asked.ts'
import { Kubelet } from './kubelet.ts'
import type { Kept } from './objects.ts'
import { Objects, isTerminal, keyOf } from './objects.ts'
import { serveExec, serveLog } from './streams.ts'

type Answer = { status: number; body: unknown }

const notFound = ({ plural, name }: Asked): Answer => ({
  status: 404,
  body: refusal(404, 'NotFound', `${plural} "${name}" not found`),
})

/**
 * An API server with one node, which answers what a real one was recorded to answer: a request of
 * another form, or an answer of another shape, fails the test that it is in.
 */
export async function startDouble() {
  const root = makeFolder('kubelet')
  const objects = new Objects()
  const kubelet = new Kubelet(objects, root)
  const strange = new Set<string>()
  const connections = new Set<Socket>()
  const state = {
    opened: 0,
    token: 'first',
    fails: undefined as Answer | undefined,
    /** What becomes of an object that is applied. */ alter: (kept: Kept): Kept => kept,
  }
  const compare = (asked: Asked, { status, body }: Answer) => {
    const { method, url } = asked
    const difference = differenceFrom(
      exchangeOf({ method, url: url.href, body: asked.body }, status, body),
    )
    if (difference !== undefined) strange.add(difference)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = await askedOf(request)
    const send = ({ status, body }: Answer) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (state.fails) return send(state.fails)
    if (request.headers.authorization !== `Bearer ${state.token}`)
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
    if (plural === 'selfsubjectaccessreviews')
      return { status: 201, body: { ...body, status: { allowed: true } } }
    const key = keyOf(plural, namespace, name ?? '')
    switch (method) {
      case 'GET': {
        const found = name === undefined ? page(asked) : objects.get(key)
        return found ? { status: 200, body: found } : notFound(asked)
      }
      case 'PATCH': {
        const known = objects.get(key)
        const next = state.alter(body as Kept) // As the hub sends it.
        const of = (object: Kept) => JSON.stringify({ ...object, metadata: 0 })
        const kept = known && of(known) === of(next) ? known : objects.set(key, next)
        return { status: known ? 200 : 201, body: kept }
      }
      case 'POST':
        return create(asked)
      default:
        return remove(asked, key)
    }
  }

  const create = (asked: Asked): Answer => {
    const { url, plural, namespace, body } = asked
    const object = body as Kept // As the hub sends it.
    const key = keyOf(plural, namespace, object.metadata.name)
    if (namespace !== undefined && !objects.get(keyOf('namespaces', undefined, namespace)))
      return notFound({ ...asked, plural: 'namespaces', name: namespace })
    const refused = plural === 'pods' ? podRefusal(objects, object) : undefined
    if (refused) return { status: refused.code, body: refused }
    if (objects.get(key)) {
      const message = `${plural} "${object.metadata.name}" already exists`
      return { status: 409, body: refusal(409, 'AlreadyExists', message) }
    }
    const isPod = plural === 'pods'
    const made = isPod ? { ...object, status: { phase: 'Pending' } } : object
    if (url.searchParams.get('dryRun') === 'All') return { status: 201, body: made }
    const kept = objects.set(key, made)
    setImmediate(() => {
      for (const pod of objects.list('pods', namespace)) kubelet.sync(pod)
    })
    // What was sent as text is kept as bytes.
    return { status: 201, body: { ...kept, stringData: undefined } }
  }

  const remove = (asked: Asked, key: string): Answer => {
    const known = objects.get(key)
    const { preconditions, gracePeriodSeconds = 30 } = asked.body as {
      preconditions?: { uid: string }
      gracePeriodSeconds?: number
    } // DeleteOptions.
    if (!known) return notFound(asked)
    if (preconditions && preconditions.uid !== known.metadata.uid)
      return { status: 409, body: refusal(409, 'Conflict', 'the UID in the precondition differs') }
    const isNow =
      asked.plural !== 'pods' ||
      gracePeriodSeconds === 0 ||
      isTerminal(known) ||
      !kubelet.running(known)
    if (isNow) {
      kubelet.kill(known)
      objects.delete(key)
      return {
        status: 200,
        body: ['pods', 'namespaces'].includes(asked.plural)
          ? known
          : { kind: 'Status', status: 'Success' },
      }
    }
    const going = objects.set(key, {
      ...known,
      metadata: { ...known.metadata, deletionTimestamp: new Date().toISOString() },
    })
    void kubelet.stop(known, gracePeriodSeconds, () => objects.delete(key))
    return { status: 200, body: going }
  }

  const page = (asked: Asked) => {
    const all = objects.list(asked.plural, asked.namespace).filter(selects(asked))
    const begin = Number(asked.url.searchParams.get('continue') ?? 0)
    const end = begin + Number(asked.url.searchParams.get('limit') ?? all.length)
    const rest = end < all.length ? { continue: String(end) } : {}
    return {
      kind: 'List',
      metadata: { resourceVersion: String(objects.version), ...rest },
      items: all.slice(begin, end).map(({ kind: _kind, apiVersion: _version, ...item }) => item),
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
    state,
    writeConfig,
    /** Cuts every connection, as a restart does. */
    cut: () => connections.forEach((socket) => socket.destroy()),
  }
}

export type Double = Awaited<ReturnType<typeof startDouble>>
