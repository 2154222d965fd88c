import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Cluster, Pod } from '../../schemas/cluster.ts'
import { startHub, until } from '../helpers/hub.ts'
import { agentImage, loadAgentImage } from '../helpers/kubernetes/agent-image.ts'
import { startDns } from '../helpers/kubernetes/cluster-dns.ts'
import { whyNoPolicies } from '../helpers/kubernetes/cluster-network.ts'
import { startOutside } from '../helpers/kubernetes/outside.ts'
import { argsOf, canRunReal, runIn } from '../helpers/kubernetes/real.ts'
import { realCluster } from '../helpers/kubernetes/real-cluster.ts'
import { whyNoNode } from '../helpers/kubernetes/real-node.ts'
import { logOf, runTask } from '../helpers/run-task.ts'

const whyNot = whyNoNode() ?? whyNoPolicies()
if (whyNot !== undefined) console.log(`skipped network policies that are kept: ${whyNot}`)

/** Says of each target, given as `name=address:port`, whether a connection to it is made. */
const dial = `
const net = require('net')
const tries = process.argv[1].split(' ').map((target) => new Promise((done) => {
  const [name, at] = target.split('=')
  const [host, port] = at.split(':')
  const socket = net.connect({ host, port: Number(port), timeout: 4000 })
  const say = (what) => { socket.destroy(); done(name + ' is ' + what) }
  socket.once('connect', () => say('reached')).once('timeout', () => say('kept away')).once('error', (e) => say('refused ' + e.code))
}))
Promise.all(tries).then((lines) => console.log(lines.join('\\n') + '\\nend'))`

const listen = 'while :; do nc -l -p 8080 </dev/null >/dev/null; done'

describe.skipIf(!canRunReal() || whyNot !== undefined)('network policies that are kept', () => {
  const real = realCluster('policies')
  beforeAll(async () => {
    await loadAgentImage(real.node())
    await startDns(real.plane(), agentImage)
  }, 300_000)

  const addressOf = async (path: string) => {
    let address: string | undefined
    await until(async () => {
      const { body } = await real.plane().api('GET', path)
      address = (body as { status?: { podIP?: string } }).status?.podIP // A pod.
      return address !== undefined
    })
    return address ?? ''
  }

  /** A pod that no policy is about, beside those of the hub. */
  async function freePod(name: string, command: string[], image = 'docker.io/local/box:1') {
    const path = '/api/v1/namespaces/default/pods'
    const metadata = { name, namespace: 'default' }
    const spec = { restartPolicy: 'Never', containers: [{ name, image, command }] }
    const sent = { apiVersion: 'v1', kind: 'Pod', metadata, spec }
    expect((await real.plane().api('POST', path, sent)).status).toBe(201)
    onTestFinished(async () => {
      await real.plane().api('DELETE', `${path}/${name}?gracePeriodSeconds=0`)
    })
    return `${path}/${name}`
  }

  test('an agent reaches the hub and DNS, and nothing else; orgs are apart', async () => {
    const outside = await startOutside()
    const hub = await startHub({ host: real.node().gateway, dispatch: 'local' })
    const { guards, namespaceMark } = await hub.call<{
      guards: Cluster['guards']
      namespaceMark: string
    }>('cluster_add', argsOf(real.plane(), { agent_image: agentImage, hub_url: hub.url }))
    expect(guards).toMatchObject({
      networkPolicy: 'enforced',
      networkPolicyReason: expect.stringMatching(
        /the other does not; DNS of the cluster is reached, the hub at \S+ is reached/,
      ) as string,
    })

    const command = ['/bin/sh', '-c', listen]
    const placeOf = async (org: string) => {
      const { id } = await runIn(hub, { command, org })
      const namespace = `switchyard-${org}-${namespaceMark}`
      return addressOf(`/api/v1/namespaces/${namespace}/pods/${id}`)
    }
    const targets = [
      `hub=${new URL(hub.url).host}`,
      'dns=10.96.0.10:53',
      `outside=${outside}`,
      `free=${await addressOf(await freePod('free', command))}:8080`,
      `neighbour=${await placeOf('default')}:8080`,
      `stranger=${await placeOf('acme')}:8080`,
      // The API server is no business of an agent.
      'cluster=10.96.0.1:443',
    ].join(' ')

    // They are there for whoever may: silence of what does not listen would pass for a guard.
    const free = await freePod('dialler', ['node', '-e', dial, targets], agentImage)
    let seen = ''
    await until(async () => {
      const { body } = await real.plane().api('GET', `${free}/log`)
      seen = String(body)
      return seen.includes('end')
    })
    for (const name of ['hub', 'dns', 'outside', 'free', 'cluster'])
      expect(seen).toContain(`${name} is reached`)
    // Whose policy says so: that of the org which is called.
    for (const name of ['neighbour', 'stranger']) expect(seen).toMatch(`${name} is refused`)

    const encoded = Buffer.from(dial).toString('base64')
    const task = await runTask(hub, {
      title: 'look around',
      template: 'command',
      params: { command: `node -e "$(echo ${encoded} | base64 -d)" '${targets}'` },
      requirements: { cluster: 'kube' },
    })
    const log = await logOf(hub, task.id)
    for (const name of ['hub', 'dns']) expect(log).toContain(`${name} is reached`)
    for (const name of ['outside', 'free', 'neighbour', 'stranger', 'cluster'])
      expect(log).toMatch(`${name} is refused`)
    const { items } = await hub.call<{ items: Pod[] }>('pod_list', { org: 'default' })
    for (const { id } of items) await hub.call('pod_delete', { pod: id, grace_ms: 0 })
    await hub.call('cluster_remove', { cluster: 'kube', forget: true })
  })
})
