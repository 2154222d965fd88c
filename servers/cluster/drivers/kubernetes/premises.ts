import type { ClusterGuards } from '../../../../schemas/cluster.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { z } from 'zod'
import { hasStatus } from './api-error.ts'
import { apply } from './apply.ts'
import { baselineOf } from './baseline.ts'
import { missingRights, probeGuards } from './guards.ts'
import { listAll } from './list.ts'
import type { Mark } from './names.ts'
import { managerOf, ownedBy, policyName } from './names.ts'
import { Bare, parsed } from './objects.ts'
import type { KubernetesSettings } from './settings.ts'
import type { Transport } from './transport.ts'

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
  async inspect(): Promise<string> {
    const { gitVersion } = parsed(Version, await this.#transport.json({ path: '/version' }))
    const missing = await missingRights(this.#transport)
    if (missing.length === 0) return gitVersion
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

  /** Removes all that carries our mark, with every pod that is left. */
  async remove(): Promise<void> {
    const query = { labelSelector: ownedBy(this.#at) }
    const { items } = await listAll(this.#transport, Bare, { path: '/api/v1/namespaces', query })
    const name = policyName(this.#at)
    const admission = '/apis/admissionregistration.k8s.io/v1'
    const paths = [
      ...items.map(({ metadata }) => `/api/v1/namespaces/${metadata.name}`),
      `${admission}/validatingadmissionpolicybindings/${name}`,
      `${admission}/validatingadmissionpolicies/${name}`,
    ]
    for (const path of paths)
      await this.#transport.json({ method: 'DELETE', path }).catch((error: unknown) => {
        if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error // Gone, or going.
      })
    this.#made.clear()
  }

  async #make(org: string): Promise<void> {
    for (const manifest of baselineOf(org, this.#at))
      await apply(this.#transport, manifest, managerOf(this.#at))
  }
}

const Version = z.object({ gitVersion: z.string() })
