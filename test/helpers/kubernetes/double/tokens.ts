import { randomBytes } from 'node:crypto'
import type { Kept, Objects } from './objects.ts'
import { keyOf } from './objects.ts'

type Issued = { audience: string; pod: Kept; account: string }

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Tokens of service accounts that are bound to a pod, and what TokenReview says of them. */
export class Tokens {
  readonly #objects: Objects
  readonly #issued = new Map<string, Issued>()

  constructor(objects: Objects) {
    this.#objects = objects
  }

  issue(pod: Kept, audience: string): string {
    const { name, namespace = '', uid } = pod.metadata
    const account = String(pod.spec?.serviceAccountName)
    const claims = {
      aud: [audience],
      exp: Math.floor(Date.now() / 1000) + 600,
      'kubernetes.io': { namespace, pod: { name, uid }, serviceaccount: { name: account } },
    }
    const signature = randomBytes(256).toString('base64url')
    const token = `${encoded({ alg: 'RS256', kid: 'double' })}.${encoded(claims)}.${signature}`
    this.#issued.set(token, { audience, pod, account })
    return token
  }

  review({ spec }: { spec: { token: string; audiences: string[] } }): object {
    const issued = this.#issued.get(spec.token)
    const { name, namespace = '', uid } = issued?.pod.metadata ?? { name: '', uid: '' }
    const isThere = this.#objects.get(keyOf('pods', namespace, name))?.metadata.uid === uid
    if (!issued || !isThere || !spec.audiences.includes(issued.audience))
      return { user: {}, error: '[invalid bearer token, unknown]' }
    return {
      authenticated: true,
      audiences: [issued.audience],
      user: {
        username: `system:serviceaccount:${namespace}:${issued.account}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
        extra: {
          'authentication.kubernetes.io/pod-name': [name],
          'authentication.kubernetes.io/pod-uid': [uid],
        },
      },
    }
  }
}
