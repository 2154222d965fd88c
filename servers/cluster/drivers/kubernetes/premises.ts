import type { ClusterGuards } from '../../../../schemas/cluster.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { z } from 'zod'
import { enterOrg } from './account.ts'
import { hasStatus } from './api-error.ts'
import { apply } from './apply.ts'
import { baselineOf } from './baseline.ts'
import { extensionsOf } from './extensions.ts'
import { missingRights, probeGuards } from './guards.ts'
import { listAll } from './list.ts'
import type { Mark } from './names.ts'
import { claimName, hubNamespaceOf, managerOf, namespaceOf, ownedBy, policyName } from './names.ts'
import { Bare, parsed } from './objects.ts'
import { agentOf } from './program.ts'
import { neededRights, wideRights } from './rights.ts'
import { canSuspend } from './sandbox-api.ts'
import type { KubernetesSettings } from './settings.ts'
import type { Transport } from './transport.ts'

type Wanted = { queue?: string | undefined; sandbox?: boolean }
type Found = Pick<KubernetesSettings, 'queue' | 'sandbox'>

/** What stands in a cluster for the orgs of this hub: their namespaces and what guards them. */
export class Premises {
  readonly #transport: Transport
  readonly #at: KubernetesSettings & Mark
  readonly #clock: Clock
  readonly #made = new Map<string, Promise<void>>()

  constructor(transport: Transport, at: KubernetesSettings & Mark, clock: Clock) {
    this.#transport = transport
    this.#at = at
    this.#clock = clock
  }

  /** Refuses a cluster that does not answer or where the hub may not do its work; returns its version. */
  async inspect({ queue, sandbox = false }: Wanted = {}): Promise<{ version: string } & Found> {
    const { gitVersion } = parsed(Version, await this.#transport.json({ path: '/version' }))
    const needed = neededRights({
      agents: agentOf(this.#at) !== undefined,
      volumes: this.#at.storageClass !== undefined,
      queue: queue !== undefined,
      sandbox,
      authority: this.#at.hubCa !== undefined,
    })
    const missing = await missingRights(this.#transport, this.#hasAccount ? wideRights : needed)
    if (missing.length === 0) {
      if (queue !== undefined) await this.#join(queue)
      if (sandbox) await this.#settleIn()
      return { version: gitVersion, queue: this.#at.queue, sandbox: this.#at.sandbox }
    }
    throw new HubError('denied', `the hub's user in the cluster may not: ${missing.join(', ')}`, {
      hint: 'Grant it these by a ClusterRole; docs/kubernetes.md has one.',
    })
  }

  /** Makes the place of an org and what guards it, once for each process. */
  ensure(org: string): Promise<void> {
    const known = this.#made.get(org)
    if (known) return known
    const made = this.#make(org)
    this.#made.set(org, made)
    made.catch(() => this.#made.delete(org)) // Whoever asked is told; the next one tries again.
    return made
  }

  forget(org: string): void {
    this.#made.delete(org)
  }

  /** Whether what guards an org really does, by what the cluster refuses. */
  probe(org: string): Promise<ClusterGuards> {
    return probeGuards(this.#transport, org, this.#at, this.#clock)
  }

  /** Removes the volume with the kept work of a key; while a pod has it mounted, it goes with that pod. */
  async forgetWork(org: string, key: string): Promise<boolean> {
    if (this.#at.storageClass === undefined) return false
    const inside = `/api/v1/namespaces/${namespaceOf(this.#at, org)}/persistentvolumeclaims`
    try {
      await this.#transport.json({ method: 'DELETE', path: `${inside}/${claimName(key)}` })
      return true
    } catch (error) {
      if (hasStatus(error, 404)) return false
      throw error
    }
  }

  /** Removes all that carries our mark, with every pod that is left. */
  async remove(): Promise<void> {
    const query = { labelSelector: ownedBy(this.#at) }
    const { items } = await listAll(this.#transport, Bare, { path: '/api/v1/namespaces', query })
    const name = policyName(this.#at)
    const admission = '/apis/admissionregistration.k8s.io/v1'
    const account = hubNamespaceOf(this.#at)
    const names = items.map(({ metadata }) => metadata.name)
    const paths = [
      ...names.filter((one) => one !== account).map((one) => `/api/v1/namespaces/${one}`),
      `${admission}/validatingadmissionpolicybindings/${name}`,
      `${admission}/validatingadmissionpolicies/${name}`,
      // The last one: with the hub's account its rights go, and its roles.
      ...(names.includes(account) ? [`/api/v1/namespaces/${account}`] : []),
    ]
    for (const path of paths)
      await this.#transport.json({ method: 'DELETE', path }).catch((error: unknown) => {
        if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error // Gone, or going.
      })
    this.#made.clear()
  }

  get #hasAccount(): boolean {
    return this.#at.source.source === 'account'
  }

  /** What stands there beside Kubernetes. */
  async extensions(): Promise<string[]> {
    const found = await extensionsOf(this.#transport)
    return found.map(({ name, apiVersion }) => `${name} (${apiVersion})`)
  }

  /** Has pods wait in a queue of the cluster, which has to have queues. */
  async #join(name: string): Promise<void> {
    const kueue = (await extensionsOf(this.#transport)).find((one) => one.name === 'kueue')
    if (!kueue)
      throw new HubError('unsupported', `the cluster has no Kueue, so no queue ${name}`, {
        hint: 'Install Kueue there, or leave `queue` out: the hub has a queue of its own.',
      })
    this.#at.queue = { name, apiVersion: kueue.apiVersion }
  }

  /** Has pods that keep their work be Sandboxes, which the cluster has to have. */
  async #settleIn(): Promise<void> {
    const found = (await extensionsOf(this.#transport)).find(({ name }) => name === 'agent-sandbox')
    if (found && canSuspend(found.apiVersion)) {
      this.#at.sandbox = { apiVersion: found.apiVersion }
      return
    }
    const why = found
      ? `the agent-sandbox of the cluster speaks ${found.apiVersion}`
      : 'the cluster has no agent-sandbox'
    throw new HubError('unsupported', why, {
      hint: 'Install a version of it with v1beta1 there, or leave `sandbox` out: then pods are not suspended.',
    })
  }

  async #make(org: string): Promise<void> {
    for (const manifest of baselineOf(org, this.#at)) {
      await apply(this.#transport, manifest, managerOf(this.#at))
      if (manifest.kind === 'Namespace' && this.#hasAccount)
        await enterOrg(this.#transport, org, this.#at, this.#clock)
    }
  }
}

const Version = z.object({ gitVersion: z.string() })
