import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { jsonOf } from './api-error.ts'
import type { LivePod } from './live-pod.ts'
import type { Mark } from './names.ts'
import { accountName, audienceOf, namespaceOf } from './names.ts'
import { parsed } from './objects.ts'
import type { Transport } from './transport.ts'

/** The most reviews of tokens of one pod at a time: what it sends is its own to choose. */
const maxReviews = 4

/** What is known of a pod by its name: its identifier and org, that it is none of ours, or not yet. */
type KnownPod = { uid: string; org: string } | 'unknown' | undefined

export function knownPod(live: LivePod | undefined, isStarting: boolean): KnownPod {
  if (!live) return isStarting ? 'unknown' : undefined
  // The next pod of a Sandbox may ask before it was seen.
  if (live.suspension === 'resuming') return 'unknown'
  return live.isEnding || live.suspension ? undefined : { uid: live.handle.uid, org: live.spec.org }
}

/** Who a pod is, by the token that the cluster has put into it (TokenReview). */
export class PodTokens {
  readonly #transport: Transport
  readonly #cluster: string
  readonly #mark: Mark
  readonly #known: (pod: string) => KnownPod
  readonly #running = new Map<string, number>()

  constructor(options: {
    transport: Transport
    cluster: string
    mark: Mark
    known: (pod: string) => KnownPod
  }) {
    const { transport, cluster, mark, known } = options
    this.#transport = transport
    this.#cluster = cluster
    this.#mark = mark
    this.#known = known
  }

  /** The live pod that a token belongs to. What it says of itself only tells whether to ask. */
  async podOf(token: string): Promise<string | undefined> {
    const claims = claimsOf(token)
    const audience = audienceOf(this.#mark)
    if (!claims || ![claims.aud].flat().includes(audience)) return undefined
    const { name, uid } = claims['kubernetes.io'].pod
    const known = this.#known(name)
    if (known === 'unknown')
      throw new HubError('unavailable', `the pods of ${this.#cluster} are not known again yet`)
    if (known?.uid !== uid) return undefined
    const { status } = await this.#review(name, { token, audiences: [audience] })
    const { username, extra } = status.user
    const isRight =
      status.authenticated &&
      status.audiences.includes(audience) &&
      username === `system:serviceaccount:${namespaceOf(this.#mark, known.org)}:${accountName}` &&
      extra['authentication.kubernetes.io/pod-name']?.join() === name &&
      extra['authentication.kubernetes.io/pod-uid']?.join() === uid
    return isRight ? name : undefined
  }

  async #review(pod: string, spec: { token: string; audiences: string[] }) {
    const running = this.#running.get(pod) ?? 0
    if (running >= maxReviews)
      throw new HubError('unavailable', `too many credentials of ${pod} are looked at already`)
    this.#running.set(pod, running + 1)
    try {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec }
      const path = '/apis/authentication.k8s.io/v1/tokenreviews'
      return parsed(Review, await this.#transport.json({ method: 'POST', path, body }))
    } catch (cause) {
      // That it could not be asked says nothing about whose it is.
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new HubError('unavailable', `${this.#cluster} cannot say whose this is: ${why}`, {
        cause,
      })
    } finally {
      const left = (this.#running.get(pod) ?? 1) - 1
      if (left > 0) this.#running.set(pod, left)
      else this.#running.delete(pod)
    }
  }
}

function claimsOf(token: string): Claims | undefined {
  const payload = token.split('.')[1] ?? ''
  return Claims.safeParse(jsonOf(Buffer.from(payload, 'base64url').toString('utf8'))).data
}

const Claims = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  'kubernetes.io': z.object({ pod: z.object({ name: z.string(), uid: z.string() }) }),
})
type Claims = z.infer<typeof Claims>

const Review = z.object({
  status: z
    .object({
      authenticated: z.boolean().default(false),
      audiences: z.array(z.string()).default([]),
      user: z
        .object({
          username: z.string().default(''),
          extra: z.record(z.string(), z.array(z.string())).default({}),
        })
        .prefault({}),
    })
    .prefault({}),
})
