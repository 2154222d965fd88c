import { describe, expect, onTestFinished, test } from 'vitest'
import type { Cluster } from '../../schemas/cluster.ts'
import { failure, startHub } from '../helpers/hub.ts'
import { argsOf, canRunReal, isIn, podOf, runIn } from '../helpers/kubernetes/real.ts'
import { realCluster } from '../helpers/kubernetes/real-cluster.ts'
import { whyNoNode } from '../helpers/kubernetes/real-node.ts'
import { driverContract } from '../servers/cluster/driver-contract.ts'
import { kubernetesDrivers } from '../servers/cluster/kubernetes-drivers.ts'
import { specOf } from '../servers/cluster/pod-specs.ts'

describe.skipIf(!canRunReal() || whyNoNode() !== undefined)('a real kubelet', () => {
  const real = realCluster()

  driverContract(() => {
    const make = kubernetesDrivers(real.plane(), {
      storageClass: 'local',
      limits: { pods: 20, cpus: 64, memoryMb: 65_536, storageGb: 1000 },
    })
    return () => {
      const driver = make()
      onTestFinished(() => driver.close())
      return driver
    }
  })

  test('a pod runs as nobody with nothing to gain, and what it tells is kept', async () => {
    const hub = await startHub()
    await hub.call('cluster_add', argsOf(real.plane()))
    const script =
      'id; touch /bin/x; cat /var/run/secrets/kubernetes.io/serviceaccount/token; ls /sys/fs/cgroup >/dev/null; echo end'
    const { id } = await runIn(hub, { command: ['/bin/sh', '-c', script] })
    await isIn(hub, id, 'exited')
    const { data } = await hub.call<{ data: string }>('pod_log', { pod: id })
    expect(data).toContain('uid=65532')
    expect(data).toContain('Read-only file system')
    expect(data).toMatch(/token'?: No such file/)
    expect(await podOf(hub, id)).toMatchObject({ exitCode: 0, node: real.node().name })
  })

  test('a pod that takes more memory than it asked for is ended, and the reason says so', async () => {
    const hub = await startHub()
    await hub.call('cluster_add', argsOf(real.plane()))
    const { id } = await runIn(hub, {
      command: ['/bin/sh', '-c', 'head -c 200000000 /dev/zero | tail'],
    })
    await isIn(hub, id, 'exited')
    const { exitCode, reason } = await podOf(hub, id)
    expect(exitCode).not.toBe(0)
    expect(reason).toMatch(/memory/)
  })

  test('an image that is not there is said in words', async () => {
    const hub = await startHub()
    await hub.call('cluster_add', argsOf(real.plane(), { image: 'registry.invalid/none:1' }))
    const { id } = await runIn(hub)
    await expect
      .poll(async () => (await podOf(hub, id)).reason, { timeout: 60_000 })
      .toMatch(/registry\.invalid/)
    await hub.call('pod_delete', { pod: id, grace_ms: 0 })
  })

  test('pods try the network, and a bridge that keeps no policy is found out', async () => {
    const hub = await startHub()
    const { guards } = await hub.call<{ guards: Cluster['guards'] }>(
      'cluster_add',
      argsOf(real.plane()),
    )
    expect(guards).toMatchObject({
      networkPolicy: 'accepted-only',
      networkPolicyReason: expect.stringContaining(
        'a pod reaches another that it may not',
      ) as string,
    })
  })

  test('a node takes what it has, and no more', async () => {
    const hub = await startHub()
    await hub.call('cluster_add', argsOf(real.plane()))
    const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
    expect(items.find(({ id }) => id === 'kube')?.health.state).toBe('ready')
    expect(await failure(runIn(hub, { resources: { cpus: 500, memoryMb: 64 } }))).toMatchObject({
      code: 'exhausted',
    })
  })

  // Six minutes of nothing are more than any default time limit of a client library.
  test.skipIf(!process.env.SWITCHYARD_TEST_SLOW)(
    'a log that is silent for six minutes goes on',
    async () => {
      const driver = kubernetesDrivers(real.plane())()
      onTestFinished(() => driver.close())
      const spec = specOf('echo one; sleep 370; echo two', { timeoutMs: 600_000 })
      await driver.start(spec)
      const signal = AbortSignal.timeout(500_000)
      let text = ''
      for await (const chunk of driver.logs(spec.id, { tailBytes: 1000, follow: true, signal }))
        text += Buffer.from(chunk).toString('utf8')
      expect(text).toBe('one\ntwo\n')
    },
  )
})
