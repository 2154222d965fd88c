import { randomInt } from 'node:crypto'
import type { NetworkGuard } from '../../../../schemas/cluster.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { create } from './apply.ts'
import type { BaselineOptions } from './baseline.ts'
import { namespaceOf, probeLabel } from './names.ts'
import { listAll } from './list.ts'
import { PodObject, parsed } from './objects.ts'
import { deletePod, findPod, handleOf } from './pod-api.ts'
import { podManifest } from './pod-manifest.ts'
import { statusOf } from './pod-status.ts'
import type { ProbeFinding } from './probe-programs.ts'
import { findingOf, probePrograms } from './probe-programs.ts'
import type { Transport } from './transport.ts'

const boundMs = 55_000
const pauseMs = 300
const cannotStart = [126, 127, 128]

type Role = 'listener' | 'allowed' | 'denied'
/** Nothing can be said, for this reason. */
class Unknown extends Error {}
/** The image has not what this way of probing needs. */
class NoProgram extends Error {}

/**
 * Whether the network policy is kept, by traffic: a pod listens, one that the policy lets through
 * reaches it, and then one that it does not lets us know whether it does as well. The one that is let
 * through shows that there is a network at all, without which silence would pass for a guard.
 */
export async function probeNetwork(
  transport: Transport,
  org: string,
  options: BaselineOptions,
  clock: Clock,
): Promise<NetworkGuard> {
  const deadline = clock.now() + boundMs
  const hub = options.hubUrl === undefined ? undefined : targetOf(new URL(options.hubUrl))
  const made: PodObject[] = []
  try {
    // Those of a hub that was killed meanwhile.
    const path = `/api/v1/namespaces/${namespaceOf(options, org)}/pods`
    const query = { labelSelector: probeLabel }
    made.push(...(await listAll(transport, PodObject, { path, query })).items)
    for (const program of probePrograms) {
      const probe = new Probe({ transport, org, options, clock, deadline, made })
      try {
        return await probe.try(program, hub)
      } catch (error) {
        if (!(error instanceof NoProgram)) throw error
      }
    }
    throw new Unknown(`the image has none of: ${probePrograms.map(({ name }) => name).join(', ')}`)
  } catch (error) {
    if (error instanceof Unknown) return { state: 'unknown', reason: error.message }
    // A quota that is full, or a cluster that went away, says nothing of the network.
    if (error instanceof HubError) return { state: 'unknown', reason: error.message }
    throw error
  } finally {
    for (const pod of made) await deletePod(transport, handleOf(pod), 0).catch(() => false) // They end by themselves as well.
  }
}

type Parts = {
  transport: Transport
  org: string
  options: BaselineOptions
  clock: Clock
  deadline: number
  made: PodObject[]
}

class Probe {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async try(
    program: (typeof probePrograms)[number],
    hub: string | undefined,
  ): Promise<NetworkGuard> {
    const port = randomInt(20_000, 60_000)
    const listener = await this.#run('listener', program.listen(port))
    const { podIP } = (await this.#until(listener, 'running')).status
    if (podIP === '')
      throw new Unknown('a node says that a pod runs, and gives it no address in the network')
    const neighbour = `${podIP.includes(':') ? `[${podIP}]` : podIP}:${port}`
    const dial = async (role: Role, wanted: boolean): Promise<ProbeFinding> => {
      const pod = await this.#run(role, program.dial({ neighbour, hub }, wanted))
      const ended = statusOf(await this.#until(pod, 'ended'))
      const finding = findingOf(ended.state === 'ended' ? ended.exitCode : null)
      if (finding) return finding
      throw new NoProgram(role)
    }
    const allowed = await dial('allowed', true)
    if (!allowed.neighbour)
      throw new Unknown('a pod that the policy lets through does not reach its neighbour either')
    const denied = await dial('denied', false)
    const others = [`DNS of the cluster is ${allowed.dns ? '' : 'not '}reached`]
    if (hub !== undefined) others.push(`the hub at ${hub} is ${allowed.hub ? '' : 'not '}reached`)
    const reason = denied.neighbour
      ? 'a pod reaches another that it may not'
      : 'of two pods, the one that may reaches a third, and the other does not'
    const state = denied.neighbour ? 'accepted-only' : 'enforced'
    return { state, reason: `${reason}; ${others.join(', ')}` }
  }

  async #run(role: Role, command: string[]): Promise<PodObject> {
    const { transport, org, options, made } = this.#parts
    const id = `probe-${role}-${randomInt(2 ** 32).toString(36)}`
    const manifest = podManifest(
      {
        id,
        org,
        program: { kind: 'command', command },
        env: {},
        workspace: { key: id, mounts: [] },
        resources: { cpus: 0.2, memoryMb: 128 },
        tags: [],
        timeoutMs: boundMs * 2,
      },
      { mark: options.mark, program: { image: options.image, command }, keepsWork: false },
    )
    // Without the label of the hub's pods: it ends those that it does not know.
    const labels = { 'app.kubernetes.io/managed-by': 'switchyard', [probeLabel]: role }
    const spec = manifest.spec as { containers: { envFrom: unknown }[] } // Made by podManifest.
    const [container] = spec.containers
    const sent = {
      ...manifest,
      metadata: { ...manifest.metadata, labels },
      spec: {
        ...spec,
        terminationGracePeriodSeconds: 1,
        containers: [{ ...container, envFrom: [] }],
      },
    }
    const pod = parsed(PodObject, await create(transport, sent))
    made.push(pod)
    return pod
  }

  /** The pod once it runs, or has ended; what keeps it from that is the reason for not knowing. */
  async #until(pod: PodObject, wanted: 'running' | 'ended'): Promise<PodObject> {
    const { transport, clock, deadline } = this.#parts
    let why = ''
    while (clock.now() < deadline) {
      const now = await findPod(transport, handleOf(pod))
      if (!now) throw new Unknown('a pod was removed while it was tried')
      const status = statusOf(now)
      if (status.state === wanted) return now
      if (status.state === 'ended') {
        if (status.exitCode === 20 || cannotStart.includes(status.exitCode ?? 0))
          throw new NoProgram(wanted)
        throw new Unknown(`a pod that listens ended: ${status.reason || `code ${status.exitCode}`}`)
      }
      if (status.state === 'running' && now.status.podIP === '')
        throw new Unknown('a node says that a pod runs, and gives it no address in the network')
      why = status.state === 'starting' ? status.reason : ''
      if (/executable file not found|no such file/.test(why)) throw new NoProgram(wanted)
      await pause(clock, pauseMs)
    }
    throw new Unknown(`no pod got so far within a minute${why && `: ${why}`}`)
  }
}

const targetOf = ({ protocol, hostname, port }: URL): string =>
  `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
