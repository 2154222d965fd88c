import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { agents, agentIn, podToken, whoami } from '../helpers/kubernetes/accounts.ts'
import { whyNoGoProgram } from '../helpers/kubernetes/go-programs.ts'
import { offerVolume, startAgentSandbox } from '../helpers/kubernetes/extensions.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import { argsOf, canRunReal, isIn, realPlane } from '../helpers/kubernetes/real.ts'

const missing = whyNoGoProgram('agent-sandbox')
if (missing !== undefined) console.log(`skipped: ${missing}`)

const allowedHosts = '192.0.2.7:7070'
const claim = async (
  hub: TestHub,
  { pod, task, token }: Record<'pod' | 'task' | 'token', string>,
) => hub.client.withToken(token).call('task_claim', { agent: `agent-${pod}`, task, host: 'test' })

describe.skipIf(!canRunReal() || missing !== undefined)('the real agent-sandbox', () => {
  const real = realPlane()
  let controller: { stop(): Promise<void> } | undefined
  beforeAll(async () => {
    controller = await startAgentSandbox(real.plane())
    await offerVolume(real.plane(), 'plain')
  }, 1_800_000)
  afterAll(() => controller?.stop())

  test('an agent is suspended, keeps its volume, and is somebody again after it was resumed', async () => {
    const plane = real.plane()
    const hub = await startHub({ allowedHosts })
    const { namespaceMark: mark } = await hub.call<Added>(
      'cluster_add',
      argsOf(plane, {
        ...agents,
        storage_class: 'plain',
        sandbox: true,
        least_privilege: true,
        limits: { pods: 10, cpus: 2 },
      }),
    )
    const namespace = `switchyard-default-${mark}`
    const statusOf = async (path: string) => (await plane.api('GET', path)).status
    const inside = `/api/v1/namespaces/${namespace}`
    const { id: pod, task = '' } = await agentIn(hub)
    const sandbox = `/apis/agents.x-k8s.io/v1beta1/namespaces/${namespace}/sandboxes/${pod}`
    const { body } = await plane.api('GET', `${inside}/pods/${pod}`)
    expect(body).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Sandbox', name: pod }] },
      spec: { automountServiceAccountToken: false, serviceAccountName: 'agent' },
    })
    const audience = `switchyard-${mark}`
    const first = await podToken(plane, mark, pod, audience)
    await claim(hub, { pod, task, token: first })

    await hub.call('pod_suspend', { pod })
    await isIn(hub, pod, 'suspended')
    await until(async () => (await statusOf(`${inside}/pods/${pod}`)) === 404, 60_000)
    expect(await failure(whoami(hub, first))).toMatchObject({ code: 'unauthenticated' })
    await until(async () => {
      const { status } = (await plane.api('GET', sandbox)).body as {
        status: { conditions: { type: string; status: string }[] }
      } // A Sandbox.
      return status.conditions.some(({ type, status: is }) => type === 'Suspended' && is === 'True')
    }, 60_000)
    const volumes = await plane.api('GET', `${inside}/persistentvolumeclaims`)
    expect(volumes.body).toMatchObject({ items: [{ status: { phase: 'Bound' } }] })

    await hub.call('pod_resume', { pod })
    await isIn(hub, pod, 'running')
    const second = await podToken(plane, mark, pod, audience)
    expect(await whoami(hub, second)).toMatchObject({ id: `agent-${pod}` })
    expect(await failure(whoami(hub, first))).toMatchObject({ code: 'unauthenticated' })
    expect(await claim(hub, { pod, task, token: second })).toMatchObject({ lease: {} })

    await hub.call('pod_delete', { pod, grace_ms: 0 })
    await isIn(hub, pod, 'exited')
    await until(async () => (await statusOf(sandbox)) === 404, 60_000)
    await until(async () => (await statusOf(`${inside}/pods/${pod}`)) === 404, 60_000)

    const asked = { title: 't', template: 'command', params: { command: 'true' } }
    const large = await hub.call<Task>('task_submit', asked)
    const resources = { cpus: 3, memoryMb: 64 }
    const refused = await failure(
      hub.call('pod_run', { task: large.id, cluster: 'kube', resources }),
    )
    console.log(`a Sandbox over the quota: ${refused.code}: ${refused.message}`)
    expect(refused.message).toMatch(/agent-sandbox made no pod in the Sandbox .*exceeded quota/)
    const left = await plane.api('GET', sandbox.slice(0, sandbox.lastIndexOf('/')))
    expect(left.body).toMatchObject({ items: [] })
    await hub.call('cluster_remove', { cluster: 'kube' })
  })
})
