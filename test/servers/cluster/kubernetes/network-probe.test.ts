import { spawn, spawnSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Cluster } from '../../../../schemas/cluster.ts'
import {
  findingOf,
  probePrograms,
} from '../../../../servers/cluster/drivers/kubernetes/probe-programs.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import type { TestHub } from '../../../helpers/hub.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'

const canCutOff = spawnSync('unshare', ['--map-root-user', '--net', 'true']).status === 0
/** What is, or can be, `nc` for the shell's probes; BusyBox is one of the kinds that there are. */
const nc = ['nc', 'busybox']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path))

function folderOf(found: string): string {
  const folder = makeFolder('nc')
  symlinkSync(found, join(folder, 'nc'))
  return folder
}

/** The hub as pods of the double find it. */
const service = 'hub.switchyard.svc:7070'

const addTo = (hub: TestHub, { kubeconfig, context }: Double, more: object = {}) =>
  hub.call<{ guards: Cluster['guards'] }>('cluster_add', {
    cluster: 'kube',
    image: 'docker.io/local/box:1',
    kubeconfig,
    context,
    ...more,
  })

/** A listener of this machine, and a port of it where nobody listens. */
async function ports() {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port // Of a TCP server.
}

test('a policy that nobody keeps is said to be accepted only, and the probes leave nothing', async () => {
  const double = await startDouble()
  double.kubelet.network = 'open'
  const hub = await startHub()
  double.services.set(service, `http://127.0.0.1:${await ports()}`)
  const { guards } = await addTo(hub, double, { hub_url: `http://${service}` })
  expect(guards).toMatchObject({
    networkPolicy: 'accepted-only',
    networkPolicyReason: expect.stringMatching(
      /^a pod reaches another that it may not; .*the hub at hub\.switchyard\.svc:7070 is reached$/,
    ) as string,
  })
  expect(double.objects.list('pods', undefined)).toEqual([])
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)?.guards).toEqual(guards)
})

test.skipIf(!canCutOff)(
  'one that is kept is enforced, and a hub that pods do not reach is named',
  async () => {
    const double = await startDouble()
    double.kubelet.network = 'policed'
    const hub = await startHub()
    double.services.set(service, 'http://127.0.0.1:1')
    const { guards } = await addTo(hub, double, { hub_url: `http://${service}` })
    expect(guards).toMatchObject({
      networkPolicy: 'enforced',
      networkPolicyReason: expect.stringMatching(
        /^of two pods, .*the hub at hub\.switchyard\.svc:7070 is not reached$/,
      ) as string,
    })
  },
)

test('what keeps the probes from an answer is the reason not to know, and can be tried again', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const { guards } = await addTo(hub, double, { limits: { cpus: 0.15 } })
  expect(guards).toMatchObject({
    networkPolicy: 'unknown',
    networkPolicyReason: expect.stringContaining('exceeded quota') as string,
  })
  await hub.call('cluster_remove', { cluster: 'kube' })
  await addTo(hub, double)
  double.kubelet.network = 'open'
  const checked = await hub.call<{ guards: Cluster['guards'] }>('cluster_check', {
    cluster: 'kube',
  })
  expect(checked.guards).toMatchObject({ networkPolicy: 'accepted-only' })
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)?.guards).toEqual(checked.guards)
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('cluster_check', { cluster: 'kube' }))).toMatchObject({
    code: 'denied',
  })
  expect(await failure(hub.call('cluster_check', { cluster: 'local' }))).toMatchObject({
    code: 'unsupported',
  })
})

describe.each(probePrograms)('a probe by $name', ({ name, dial, listen }) => {
  const runs = name === 'node' || nc !== undefined
  const envOf = () => {
    const folder = name === 'node' ? dirname(process.execPath) : folderOf(nc ?? '')
    return { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) }
  }
  const run = (command: string[]) =>
    spawnSync(command[0] ?? '', command.slice(1), { timeout: 60_000, env: envOf() }).status

  test.skipIf(!runs)('says what it reached, and what it did not', async () => {
    const port = await ports()
    const open = `127.0.0.1:${port}`
    expect(findingOf(run(dial({ neighbour: open, hub: open }, true)))).toMatchObject({
      neighbour: true,
      hub: true,
    })
    expect(findingOf(run(dial({ neighbour: '127.0.0.1:1' }, false)))).toMatchObject({
      neighbour: false,
      hub: false,
    })
  })

  test.skipIf(!runs)('waits for what is to be reached', async () => {
    const [program = '', ...args] = listen(await ports().then((port) => port + 1))
    const child = spawn(program, args, { stdio: 'ignore', detached: true, env: envOf() })
    onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'))
    const port = Number(/(?:listen\(|-p )(\d+)/.exec(args.join(' '))?.[1])
    expect(findingOf(run(dial({ neighbour: `127.0.0.1:${port}` }, true)))).toMatchObject({
      neighbour: true,
    })
  })
})

test('another exit code than that of a probe is no finding', () => {
  for (const code of [null, 0, 20, 39, 48, 127, 137]) expect(findingOf(code)).toBeUndefined()
})
