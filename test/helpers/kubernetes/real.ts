import { afterAll, beforeAll } from 'vitest'
import type { Cluster, Pod } from '../../../schemas/cluster.ts'
import type { TestHub } from '../hub.ts'
import { until } from '../hub.ts'
import { controlPlaneBinary, go } from './binary.ts'
import { hasOpenssl } from './certificates.ts'
import type { ControlPlane } from './control-plane.ts'
import { startControlPlane } from './control-plane.ts'
import { FakeNodes } from './fake-nodes.ts'

/** Whether a real Kubernetes can be built and run here. */
export const canRunReal = (): boolean => go() !== undefined && hasOpenssl()

export type Added = { version: string; namespaceMark: string; guards: Cluster['guards'] }

/**
 * A real etcd, API server, scheduler and controller manager for all tests of a file. Its four nodes are
 * objects without machines, so what only a kubelet does (output, exec) shows on the double alone.
 */
export function realPlane(): { plane(): ControlPlane; nodes(): FakeNodes } {
  let plane: ControlPlane | undefined
  let nodes: FakeNodes | undefined
  beforeAll(async () => {
    plane = await startControlPlane(await controlPlaneBinary())
    nodes = new FakeNodes(plane, 4)
    await nodes.start()
  }, 1_500_000)
  afterAll(async () => {
    await nodes?.stop()
    await plane?.stop()
  }, 60_000)
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the control plane has not started')
    return part
  }
  return { plane: () => there(plane), nodes: () => there(nodes) }
}

export const argsOf = ({ kubeconfig, context }: ControlPlane, more: object = {}) => ({
  cluster: 'kube',
  kubeconfig,
  context,
  image: 'docker.io/local/box:1',
  limits: { pods: 150 },
  ...more,
})

export const runIn = (hub: TestHub, more: object = {}): Promise<Pod> =>
  hub.call<Pod>('pod_run', {
    command: ['/bin/sh', '-c', 'sleep 600'],
    cluster: 'kube',
    resources: { cpus: 0.1, memoryMb: 64 },
    ...more,
  })

export const podOf = (hub: TestHub, pod: string): Promise<Pod> => hub.call<Pod>('pod_read', { pod })

export const isIn = (hub: TestHub, pod: string, state: Pod['state']): Promise<void> =>
  until(async () => (await podOf(hub, pod)).state === state, 60_000)

/** A disruption budget that leaves no pod of the org there to be evicted, once the cluster counts by it. */
export async function protectPods(plane: ControlPlane, mark: string) {
  const path = `/apis/policy/v1/namespaces/switchyard-default-${mark}/poddisruptionbudgets`
  await plane.api('POST', path, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'all' },
    spec: { maxUnavailable: 0, selector: { matchLabels: { 'switchyard.dev/hub': mark } } },
  })
  await until(async () => {
    const { body } = await plane.api('GET', `${path}/all`)
    return (body as { status?: { observedGeneration?: number } }).status?.observedGeneration === 1 // A budget.
  }, 60_000)
  return { remove: () => plane.api('DELETE', `${path}/all`) }
}
