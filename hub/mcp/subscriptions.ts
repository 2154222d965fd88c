import type { McpParts } from './parts.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import { followOwn, isOwnAddress } from './own-resources.ts'
import { RpcError, rpcCode } from '../rpc/protocol.ts'

type Parts = Pick<McpParts, 'notifications' | 'upstreams' | 'topics' | 'config' | 'log'>
type Followed = { followers: number; link: UpstreamLink | undefined; stop: () => void }

/** Resources that clients follow. Each is watched once, however many do; changes go to the notifications. */
export class Subscriptions {
  readonly #hub: Parts
  readonly #followed = new Map<string, Followed>()

  constructor(hub: Parts) {
    this.#hub = hub
    hub.notifications.subscribe(({ kind }) => {
      if (kind === 'resources') this.#moveAll()
    })
  }

  /** Follows until the returned function is called. Throws RpcError where nobody has such a resource. */
  follow(uri: string): () => void {
    const followed = this.#followed.get(uri) ?? this.#begin(uri)
    followed.followers++
    let holds = true
    return () => {
      if (!holds) return
      holds = false
      followed.followers--
      if (followed.followers > 0) return
      followed.stop()
      this.#followed.delete(uri)
    }
  }

  #begin(uri: string): Followed {
    const followed = { followers: 0, ...this.#watch(uri) }
    if (!isOwnAddress(uri) && !followed.link)
      throw new RpcError(rpcCode.params, `there is no resource ${uri}`, { uri })
    this.#followed.set(uri, followed)
    return followed
  }

  #watch(uri: string): Pick<Followed, 'link' | 'stop'> {
    if (isOwnAddress(uri)) {
      const changed = () => this.#hub.notifications.publish({ kind: 'updated', uri })
      return { link: undefined, stop: followOwn(this.#hub, uri, changed) }
    }
    const [link] = this.#hub.upstreams.ownersOf(uri, undefined)
    return { link, stop: link?.followers.add('resource', uri) ?? (() => undefined) }
  }

  /** A server that was configured anew is another one; those who followed the old follow it. */
  #moveAll(): void {
    for (const [uri, followed] of this.#followed) {
      const [owner] = this.#hub.upstreams.ownersOf(uri, undefined)
      if (isOwnAddress(uri) || owner === followed.link) continue
      followed.stop()
      Object.assign(followed, this.#watch(uri))
    }
  }
}
