import { hash } from 'node:crypto'
import type { DpopKeyPair, DpopSession } from '@modelcontextprotocol/client'
import type { SignInRecord } from './record.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

/**
 * The key that tokens are bound to, so that one who has stolen a token cannot use it. RFC 9449. It is
 * kept with the tokens: after a restart they are of use only with it.
 */
export class ProofKey {
  readonly #record: SignInRecord
  readonly #url: string
  #session: Promise<DpopSession> | undefined

  constructor(record: SignInRecord, url: string) {
    this.#record = record
    this.#url = url
  }

  /** `save` keeps a key that was made just now. */
  session(save: () => Promise<void>): Promise<DpopSession> {
    return (this.#session ??= this.#make(save))
  }

  async headers(method: string, token: string): Promise<Record<string, string>> {
    const session = await this.session(() => Promise.resolve()) // It was kept before the token was.
    const proof = await session.buildProof({ htm: method, htu: this.#url, accessToken: token })
    return { authorization: `DPoP ${token}`, dpop: proof }
  }

  observe(nonce: unknown): void {
    if (typeof nonce !== 'string' || !this.#session) return
    void this.#session.then((session) => session.rememberNonce(this.#url, nonce))
  }

  /** Whether a refusal only asks for a nonce in the proof, which came with it. Section 9. */
  isChallenge(authenticate: string): boolean {
    return /^dpop\b/i.test(authenticate) && /error="?use_dpop_nonce\b/.test(authenticate)
  }

  async #make(save: () => Promise<void>): Promise<DpopSession> {
    const { DpopSession: Session, generateDpopKeyPair } =
      await import('@modelcontextprotocol/client')
    if (this.#record.proofKey)
      return Session.create({ keyPair: await restored(this.#record.proofKey) })
    const keyPair = await generateDpopKeyPair({ alg: 'ES256', extractable: true })
    this.#record.proofKey = await crypto.subtle.exportKey('jwk', keyPair.privateKey)
    await save()
    return Session.create({ keyPair })
  }
}

async function restored(key: object): Promise<DpopKeyPair> {
  const jwk = key as JsonWebKey // Exported above.
  const { kty, crv, x, y } = jwk
  const publicJwk = { crv, kty, x, y } // In the order that RFC 7638 hashes them in.
  const load = (from: JsonWebKey, use: 'sign' | 'verify') =>
    crypto.subtle.importKey('jwk', from, algorithm, true, [use])
  return {
    privateKey: await load(jwk, 'sign'),
    publicKey: await load(publicJwk as JsonWebKey, 'verify'),
    publicJwk: publicJwk as DpopKeyPair['publicJwk'],
    thumbprint: hash('sha256', JSON.stringify(publicJwk), 'base64url'),
    alg: 'ES256',
  }
}
