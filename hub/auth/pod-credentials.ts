import type { Principal } from '../../schemas/principal.ts'
import { readPodAgent } from '../../servers/cluster/store/pods.ts'
import type { Clusters } from '../../servers/kit/clusters.ts'
import type { Store } from '../../servers/kit/store.ts'
import { digestOf } from '../../servers/kit/store/tokens.ts'

/** How long a cluster's word counts. The end of a pod ends it at once. */
const trustMs = 60_000
const maxCached = 1000

/**
 * From a credential that a cluster made for a pod to the agent of that pod. The cluster is asked, and
 * a no is never remembered: only a pod that this hub runs gets as far as being asked about.
 */
export class PodCredentials {
  readonly #store: Store
  readonly #clusters: Clusters
  readonly #now: () => number
  readonly #cache = new Map<string, { principal: Principal; until: number }>()
  readonly #asking = new Map<string, Promise<Principal | undefined>>()
  /** Grows when a pod ends: what a cluster said before must not be kept after it. */
  #generation = 0

  constructor(store: Store, clusters: Clusters, now: () => number) {
    this.#store = store
    this.#clusters = clusters
    this.#now = now
    store.topics.subscribe('tokens', () => {
      this.#cache.clear()
      this.#generation++
    })
  }

  /** Whose a signed statement of some cluster is; undefined where it is no live pod's. */
  async principal(token: string): Promise<Principal | undefined> {
    const key = digestOf(token)
    const cached = this.#cache.get(key)
    if (cached && cached.until > this.#now()) return cached.principal
    const running = this.#asking.get(key)
    if (running) return running
    const asked = this.#ask(key, token).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asked)
    return asked
  }

  async #ask(key: string, token: string): Promise<Principal | undefined> {
    const generation = this.#generation
    for (const { id, identify } of this.#clusters.list()) {
      const pod = await identify?.(token)
      if (pod === undefined) continue
      const principal = await readPodAgent(this.#store.reader, pod, id)
      if (principal && generation === this.#generation) {
        if (this.#cache.size >= maxCached) this.#cache.clear()
        this.#cache.set(key, { principal, until: this.#now() + trustMs })
      }
      return principal
    }
    return undefined
  }
}

/** Whether it has the form of a signed statement; the hub's own credentials never have. */
export const isStatement = (token: string): boolean => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
