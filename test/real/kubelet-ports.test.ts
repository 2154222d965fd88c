import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { ask, enter, openSocket, said, servingPod } from '../hub/pods/exposed-pods.ts'
import type { Opened } from '../hub/pods/exposed-pods.ts'
import { startHub } from '../helpers/hub.ts'
import { agentImage, loadAgentImage } from '../helpers/kubernetes/agent-image.ts'
import { argsOf, canRunReal } from '../helpers/kubernetes/real.ts'
import { realCluster } from '../helpers/kubernetes/real-cluster.ts'
import { whyNoNode } from '../helpers/kubernetes/real-node.ts'

type Echo = { method: string; url: string; headers: Record<string, string>; body: string }

describe.skipIf(!canRunReal() || whyNoNode() !== undefined)('ports of pods on a kubelet', () => {
  const real = realCluster()
  beforeAll(() => loadAgentImage(real.node()), 300_000)

  test('HTTP, WebSockets, streams and what is packed pass the API server as they are', async () => {
    const hub = await startHub()
    await hub.call('cluster_add', argsOf(real.plane(), { image: agentImage }))
    const where = { cluster: 'kube', resources: { cpus: 0.2, memoryMb: 128 } }
    const place = await servingPod(hub, where, 8080, { node: 'node', address: '0.0.0.0' })
    const opened = await hub.call<Opened>('pod_expose', place)
    const { origin, cookie } = await enter(opened)
    const get = (path: string, headers: Record<string, string> = {}) =>
      ask(`${origin}${path}`, { headers: { cookie, ...headers } })
    expect((await ask(opened.url)).status).toBe(401)
    expect((await ask(`${origin}/`)).status).toBe(401)

    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'GET' ? '' : `hello by ${method}`
      const headers = {
        cookie,
        authorization: `Bearer ${hub.token}`,
        'transfer-encoding': 'chunked',
      }
      const sent = { method, body, headers }
      const answer = await ask(`${origin}/a%20b?q=1`, sent)
      expect(answer).toMatchObject({ status: 200 })
      const echo = JSON.parse(answer.text) as Echo // Of the pod's program.
      expect(echo).toMatchObject({ method, url: '/a%20b?q=1', body })
      // Nothing that lets in, here or at the API server, comes to a pod.
      expect(echo.headers).not.toHaveProperty('authorization')
      expect(JSON.stringify(echo.headers)).not.toContain(cookie.split('=')[1])
    }
    expect((await get('/redirect')).headers.location).toBe('/there')
    expect((await get('/stream')).text).toBe('data: one\n\ndata: two\n\n')

    const packed = await get('/packed', { 'accept-encoding': 'br, gzip' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.bytes).toString()).toBe('<p>packed</p>'.repeat(500))
    const style = await get('/style.css', { 'accept-encoding': 'br, gzip' })
    expect(style.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(style.bytes).toString()).toBe('p { }'.repeat(500))

    const socket = openSocket({ origin, cookie })
    await new Promise((resolve) => socket.once('open', resolve))
    for (const text of ['one', 'two']) {
      const reply = said(socket)
      socket.send(text)
      expect(await reply).toBe(`pod: ${text}`)
    }
    const closed = said(socket)
    expect(await hub.call('pod_unexpose', { exposure: opened.id })).toEqual({ ended: true })
    expect(await closed).toBe('closed')
    expect((await get('/')).status).toBe(404)
    await hub.call('pod_delete', { pod: place.pod, grace_ms: 0 })
    await hub.call('cluster_remove', { cluster: 'kube' })
  })
})
