import { until } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'

type Pod = {
  metadata: { name: string; namespace: string; uid: string; deletionTimestamp?: string }
  spec: { nodeName?: string; containers: [{ resources: object }] }
  status: { phase: string }
}

/**
 * Nodes without machines in a real control plane: the scheduler binds pods to them, and this says that
 * they run, and lets go of those that are to end. No program runs and there is no log.
 */
export class FakeNodes {
  readonly #plane: ControlPlane
  readonly #names: string[]
  #isStopped = false
  #loop: Promise<void> | undefined

  constructor(plane: ControlPlane, count: number) {
    this.#plane = plane
    this.#names = Array.from({ length: count }, (_, n) => `fake-${n}`)
  }

  async start(): Promise<void> {
    for (const name of this.#names) {
      const metadata = {
        name,
        labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', disk: 'ssd' },
      }
      await this.#plane.api('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata })
    }
    await this.#beat()
    this.#loop = this.#run()
    await until(async () => {
      const { body } = await this.#plane.api('GET', '/api/v1/nodes')
      return (body as { items: { spec: { taints?: unknown[] } }[] }).items.every(
        ({ spec }) => !spec.taints?.length,
      ) // A NodeList.
    }, 60_000)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#loop
  }

  async #run(): Promise<void> {
    for (let round = 0; !this.#isStopped; round++) {
      try {
        if (round % 50 === 0) await this.#beat()
        const { body } = await this.#plane.api('GET', '/api/v1/pods')
        for (const pod of (body as { items: Pod[] }).items) await this.#look(pod) // A PodList.
      } catch {
        // The API server is away, which some test wants.
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async #look({ metadata, spec, status }: Pod): Promise<void> {
    if (!spec.nodeName?.startsWith('fake-')) return
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`
    if (metadata.deletionTimestamp) {
      const preconditions = { uid: metadata.uid }
      await this.#plane.api('DELETE', path, { gracePeriodSeconds: 0, preconditions })
      return
    }
    if (status.phase !== 'Pending') return
    const now = new Date().toISOString()
    const container = { name: 'main', image: '', imageID: '', ready: true, restartCount: 0 }
    // A node that says what it gave a container can give it something else.
    const { resources } = spec.containers[0]
    const state = { running: { startedAt: now } }
    const containerStatuses = [{ ...container, state, resources }]
    const running = { status: { phase: 'Running', startTime: now, containerStatuses } }
    await this.#plane.api(
      'PATCH',
      `${path}/status`,
      running,
      'application/strategic-merge-patch+json',
    )
  }

  /** Ends a pod as its program would. */
  async finish(namespace: string, name: string, exitCode: number): Promise<void> {
    const container = { name: 'main', image: '', imageID: '', ready: false, restartCount: 0 }
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' }
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
    const status = {
      phase,
      containerStatuses: [{ ...container, state: { running: null, terminated } }],
    }
    await this.#plane.api(
      'PATCH',
      `/api/v1/namespaces/${namespace}/pods/${name}/status`,
      { status },
      'application/merge-patch+json',
    )
  }

  /** Says something else of a pod and its container. */
  async say(
    namespace: string,
    name: string,
    { state, ...said }: { reason: string; message: string; state: object },
  ): Promise<void> {
    const container = { name: 'main', image: '', imageID: '', ready: false, restartCount: 0 }
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`
    const status = { ...said, containerStatuses: [{ ...container, state }] }
    await this.#plane.api('PATCH', path, { status }, 'application/merge-patch+json')
  }

  /** Gives a pod an address, which leads nowhere. */
  async address(namespace: string, name: string, podIP: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`
    const status = { podIP, podIPs: [{ ip: podIP }] }
    await this.#plane.api('PATCH', path, { status }, 'application/merge-patch+json')
  }

  async #beat(): Promise<void> {
    const now = new Date().toISOString()
    for (const name of this.#names) {
      const ready = {
        type: 'Ready',
        status: 'True',
        reason: 'Fake',
        message: '',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      }
      const capacity = { cpu: '8', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' }
      const status = { capacity, allocatable: capacity, conditions: [ready] }
      await this.#plane.api(
        'PATCH',
        `/api/v1/nodes/${name}/status`,
        { status },
        'application/merge-patch+json',
      )
    }
  }
}
