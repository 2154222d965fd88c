import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { Seal } from '../../auth/seal.ts'
import type { Reader, Transaction, Writer } from '../../../servers/kit/sql.ts'
import { readSignIn, saveSignIn } from '../store/sign-ins.ts'

/** A sign-in that a person has been sent to. */
export type Pending = {
  state: string
  expiresAt: number
  scope?: string | undefined
  link?: string
  verifier?: string
  discovery?: OAuthDiscoveryState
}

/** All that is known of one upstream's authorization server, with which the hub authenticates there. */
export type SignInRecord = {
  /** Registrations by issuer, each with the address that it was made for. */
  clients: Record<string, { redirect: string | undefined; info: StoredOAuthClientInformation }>
  tokens?: StoredOAuthTokens | undefined
  /** The scope that the tokens were asked for, since servers may leave out what they granted. */
  scope?: string | undefined
  /** The issuer that a configured credential went to first; it goes to no other. */
  issuer?: string | undefined
  pending?: Pending | undefined
  /** Private key (JWK) that tokens are bound to, where they are. */
  proofKey?: object | undefined
}

/** One transaction; with the audit row of a tool call where one is behind it. */
export type Write = (change: (tx: Transaction) => Promise<void>) => Promise<void>

/** Keeps the record of one upstream at one address: with another address it starts anew. */
export class Records {
  readonly #store: Writer & { reader: Reader }
  readonly #seal: () => Seal

  constructor(store: Writer & { reader: Reader }, seal: () => Seal) {
    this.#store = store
    this.#seal = seal
  }

  async read(upstream: string, url: string): Promise<SignInRecord> {
    const sealed = await readSignIn(this.#store.reader, upstream)
    const text = sealed && this.#seal().open(placeOf(upstream, url), sealed)
    return text === undefined ? { clients: {} } : (JSON.parse(text) as SignInRecord) // Written below.
  }

  write(
    upstream: string,
    url: string,
    record: SignInRecord,
    write: Write = (change) => this.#store.transaction(change),
  ): Promise<void> {
    const sealed = this.#seal().close(placeOf(upstream, url), JSON.stringify(record))
    return write((tx) => saveSignIn(tx, upstream, sealed))
  }
}

const placeOf = (upstream: string, url: string) => `${upstream}\n${url}`
