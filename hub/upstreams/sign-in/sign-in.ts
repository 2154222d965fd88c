import { timingSafeEqual } from 'node:crypto'
import { HubError } from '../../../schemas/errors.ts'
import type { OAuthConfig, UpstreamConfig } from '../../../schemas/upstream.ts'
import { OAuthConfig as OAuthSchema, authorizes } from '../../../schemas/upstream.ts'
import { pause } from '../pause.ts'
import { resolveReferences } from '../references.ts'
import { carefulFetch } from './careful-fetch.ts'
import { ProofKey } from './proof-key.ts'
import { Provider, newState } from './provider.ts'
import type { Pending, Records, SignInRecord, Write } from './record.ts'

/** A person has to sign in before the upstream serves, or serves this. */
export class SignInNeeded extends HubError {
  /** What the upstream said before it saw a credential; else only this call lacks a scope. */
  readonly shutsOut: boolean

  constructor(upstream: string, scope: string | undefined) {
    const why =
      scope === undefined ? 'a sign-in' : `a sign-in with the scope ${scope.slice(0, 200)}`
    const how = `open the link that server_login gives, or that \`switchyard login ${upstream}\` prints`
    super('denied', `${upstream} needs ${why}: ${how}`, {
      details: { server: upstream, signIn: true },
    })
    this.shutsOut = scope === undefined
  }
}

/** A request that was sent with this token, or none, was answered 401 or 403. */
export type Refusal = { status: number; authenticate: string; token: string | undefined }

export type SignInOptions = {
  records: Records
  environment: Record<string, string | undefined>
  redirectUrl(): string
  now(): number
}

const patienceMs = 10 * 60_000
/** Clients give a call a minute. */
const settleMs = 50_000

/** The library is only loaded by hubs with upstreams that ask for it. */
const library = () => import('@modelcontextprotocol/client')

/** How the hub authenticates with one upstream: its tokens, how they are renewed, and how a person gets the first. */
export class SignIn {
  readonly #name: string
  readonly #url: string
  readonly #config: OAuthConfig
  readonly #options: SignInOptions
  readonly #record: SignInRecord
  readonly #proof: ProofKey | undefined
  #renewing: Promise<void> | undefined
  #isFinishing = false
  #asked: { metadata: URL | undefined; scope: string | undefined } | undefined

  constructor(
    name: string,
    url: string,
    config: OAuthConfig,
    options: SignInOptions,
    record: SignInRecord,
  ) {
    this.#name = name
    this.#url = url
    this.#config = config
    this.#options = options
    this.#record = record
    this.#proof = config.dpop ? new ProofKey(this.#record, url) : undefined
  }

  get token(): string | undefined {
    return this.#record.tokens?.access_token
  }

  /** Headers that let a request in; undefined while there is no token. */
  credential(method: string): Promise<Record<string, string>> | undefined {
    const { tokens } = this.#record
    if (!tokens) return undefined
    if (this.#proof && tokens.token_type.toLowerCase() === 'dpop')
      return this.#proof.headers(method, tokens.access_token)
    return Promise.resolve({ authorization: `Bearer ${tokens.access_token}` })
  }

  /** Takes note of what any answer may carry. */
  observe(headers: Record<string, unknown>): void {
    this.#proof?.observe(headers['dpop-nonce'])
  }

  /**
   * Gets a better token where no person is needed for that; the request may then be sent once more.
   * Throws SignInNeeded where one is.
   */
  async answer(refusal: Refusal): Promise<void> {
    if (refusal.token !== this.token) return // Renewed while this request was on its way.
    if (this.#proof?.isChallenge(refusal.authenticate)) return
    this.#renewing ??= this.#answer(refusal).finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  /** A link for a person's browser; undefined where the hub is authenticated without. */
  async begin(): Promise<string | undefined> {
    if ((await this.#authorize()) === 'AUTHORIZED') return undefined
    return this.#record.pending?.link
  }

  /** Whether a browser that comes back with this state was sent by `begin`. */
  awaits(state: string): boolean {
    const { pending } = this.#record
    if (!pending || pending.expiresAt < this.#options.now()) return false
    const [own, given] = [Buffer.from(pending.state), Buffer.from(state)]
    return own.length === given.length && timingSafeEqual(own, given)
  }

  /** Resolves once the sign-in under way is finished, or after as long as a call may well wait. */
  async settled(signal: AbortSignal): Promise<void> {
    const until = this.#options.now() + settleMs
    const isOpen = () => this.#record.pending !== undefined || this.#isFinishing
    while (isOpen() && this.#options.now() < until) await pause(100, signal)
  }

  /** What the browser came back with; each answer is taken once. */
  async finish(answer: URLSearchParams, write: Write): Promise<void> {
    const { pending } = this.#record
    if (!pending || !this.awaits(answer.get('state') ?? ''))
      throw new HubError('not_found', `${this.#name} does not wait for this sign-in`, {
        hint: 'Its link was used before or is older than ten minutes: call server_login again.',
      })
    this.#record.pending = undefined
    const code = answer.get('code')
    if (code === null) {
      await this.#save()
      const why = /^[a-z_]{1,40}$/.exec(answer.get('error') ?? '')?.[0] ?? 'no code'
      throw new HubError('denied', `the sign-in to ${this.#name} was not granted: ${why}`)
    }
    this.#isFinishing = true
    try {
      await this.#authorize({ code, iss: answer.get('iss') ?? undefined, pending, write })
    } finally {
      this.#isFinishing = false
    }
  }

  /** Forgets the tokens and whatever is under way; the registration is kept. */
  async forget(write: Write): Promise<void> {
    this.#record.tokens = this.#record.scope = this.#record.pending = undefined
    await this.#save(write)
  }

  async #answer({ status, authenticate }: Refusal): Promise<void> {
    const { computeScopeUnion, extractWWWAuthenticateParams, isStrictScopeSuperset } =
      await library()
    const headers = authenticate === '' ? {} : { 'www-authenticate': authenticate }
    const asked = extractWWWAuthenticateParams(new Response(null, { status, headers }))
    const isShort = status === 403
    const { scope: granted, tokens } = this.#record
    const scope = computeScopeUnion(isShort ? granted : undefined, this.#config.scope, asked.scope)
    if (isShort && !isStrictScopeSuperset(scope, granted))
      throw new HubError('denied', `${this.#name} refuses this, though its scope was granted`)
    this.#asked = { metadata: asked.resourceMetadataUrl, scope }
    const isAlone = this.#config.grant !== 'authorization_code'
    const mayRenew = isAlone || (!isShort && tokens?.refresh_token !== undefined)
    if (mayRenew && (await this.#authorize({ renew: !isShort })) === 'AUTHORIZED') return
    // A token that was refused is forgotten by now; one that is left was not even looked at.
    if (mayRenew && this.#record.tokens?.refresh_token !== undefined)
      throw new HubError('unavailable', `the access to ${this.#name} could not be renewed now`)
    throw new SignInNeeded(this.#name, isShort ? (asked.scope ?? scope) : undefined)
  }

  async #authorize(
    how: {
      code?: string
      iss?: string | undefined
      pending?: Pending
      renew?: boolean
      write?: Write
    } = {},
  ): Promise<'AUTHORIZED' | 'REDIRECT'> {
    const { auth, createPrivateKeyJwtAuth } = await library()
    const config = this.#resolved()
    const { clientId = '', privateKey, algorithm } = config
    const scope = how.pending?.scope ?? this.#asked?.scope ?? config.scope
    const provider = new Provider({
      config,
      record: this.#record,
      redirectUrl: config.grant === 'authorization_code' ? this.#options.redirectUrl() : undefined,
      finishing: how.pending,
      // A renewal keeps what was granted, whatever the refusal named.
      scope: how.renew && this.#record.tokens ? this.#record.scope : scope,
      pending: { state: newState(), expiresAt: this.#options.now() + patienceMs, scope },
      addClientAuthentication: privateKey
        ? createPrivateKeyJwtAuth({
            issuer: clientId,
            subject: clientId,
            privateKey,
            alg: algorithm,
          })
        : undefined,
      dpop: await this.#proof?.session(() => this.#save()),
      save: () => this.#save(how.write),
    })
    const metadata = this.#asked?.metadata
    try {
      return await auth(provider, {
        serverUrl: this.#url,
        fetchFn: carefulFetch(this.#url),
        forceReauthorization: !how.renew,
        ...(scope === undefined ? {} : { scope }),
        ...(metadata === undefined ? {} : { resourceMetadataUrl: metadata }),
        ...(how.code === undefined ? {} : { authorizationCode: how.code }),
        ...(how.iss === undefined ? {} : { iss: how.iss }),
      })
    } catch (error) {
      if (error instanceof HubError) throw error
      const why = error instanceof Error ? error.message : String(error)
      const isAway = error instanceof TypeError || error instanceof DOMException // As fetch fails.
      throw new HubError(
        isAway ? 'unavailable' : 'denied',
        `the sign-in to ${this.#name} failed: ${why.slice(0, 300)}`,
        { cause: error },
      )
    }
  }

  #resolved(): OAuthConfig {
    const { clientSecret, privateKey, assertion } = this.#config
    const secrets = Object.entries({ clientSecret, privateKey, assertion }).flatMap(
      ([name, value]) => (value === undefined ? [] : [[name, value]]),
    )
    const values = Object.fromEntries(secrets) as Record<string, string> // Pairs of texts.
    return { ...this.#config, ...resolveReferences(values, this.#options.environment) }
  }

  #save(write?: Write): Promise<void> {
    return this.#options.records.write(this.#name, this.#url, this.#record, write)
  }
}

/** Undefined for a server that is no HTTP server, or whose credential is configured. */
export async function signInFor(
  name: string,
  { url, headers, oauth }: UpstreamConfig,
  options: SignInOptions,
): Promise<SignIn | undefined> {
  if (url === undefined || authorizes(headers)) return undefined
  const record = await options.records.read(name, url)
  return new SignIn(name, url, oauth ?? OAuthSchema.parse({}), options, record)
}
