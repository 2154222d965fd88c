import { randomBytes } from 'node:crypto'
import type {
  AddClientAuthentication,
  DpopSession,
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { OAuthConfig } from '../../../schemas/upstream.ts'
import type { Pending, SignInRecord } from './record.ts'

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer' // RFC 7523, section 2.1

/** The configuration with its references resolved, and what one flow needs besides. */
export type Flow = {
  config: OAuthConfig
  record: SignInRecord
  /** Where a person's browser comes back to; undefined where no person is needed. */
  redirectUrl: string | undefined
  /** The sign-in that a browser came back from. */
  finishing: Pending | undefined
  pending: Pending
  scope: string | undefined
  addClientAuthentication: AddClientAuthentication | undefined
  dpop: DpopSession | undefined
  save(): Promise<void>
}

/**
 * The hub as an OAuth client of one upstream, as the MCP library asks for it: registration and tokens
 * are in the upstream's record. Configured credentials belong to the first issuer that they went to.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
 */
export class Provider implements OAuthClientProvider {
  readonly redirectUrl: string | undefined
  readonly clientMetadataUrl?: string
  readonly clientMetadata: OAuthClientMetadata
  readonly addClientAuthentication?: AddClientAuthentication
  readonly saveClientInformation?: (
    info: StoredOAuthClientInformation,
    about?: About,
  ) => Promise<void>
  readonly prepareTokenRequest?: (scope?: string) => URLSearchParams
  readonly #flow: Flow

  constructor(flow: Flow) {
    const { config, redirectUrl } = flow
    this.#flow = flow
    this.redirectUrl = redirectUrl
    this.clientMetadata = metadataOf(config, redirectUrl)
    if (config.clientMetadataUrl) this.clientMetadataUrl = config.clientMetadataUrl
    if (flow.addClientAuthentication) this.addClientAuthentication = flow.addClientAuthentication
    if (config.grant !== 'authorization_code')
      this.prepareTokenRequest = (scope) => tokenRequest(config, scope)
    if (config.clientId === undefined)
      this.saveClientInformation = async (info, about) => {
        if (about) flow.record.clients[about.issuer] = { redirect: redirectUrl, info }
        await flow.save()
      }
  }

  clientInformation(about?: About): StoredOAuthClientInformation | undefined {
    const { config, record, redirectUrl } = this.#flow
    const issuer = config.issuer ?? record.issuer
    if (config.clientId !== undefined)
      return {
        client_id: config.clientId,
        ...(config.clientSecret === undefined ? {} : { client_secret: config.clientSecret }),
        ...(issuer === undefined ? {} : { issuer }),
      }
    const known = about && record.clients[about.issuer]
    // A hub that listens elsewhere now is another client to a server that compares addresses.
    return known?.redirect === redirectUrl ? known?.info : undefined
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#flow.record.tokens
  }

  async saveTokens(tokens: StoredOAuthTokens, about?: About): Promise<void> {
    const { record, scope, config } = this.#flow
    record.tokens = tokens
    record.scope = tokens.scope ?? scope
    if (config.clientId !== undefined) record.issuer ??= about?.issuer
    await this.#flow.save()
  }

  state(): string {
    return this.#flow.pending.state
  }

  async redirectToAuthorization(link: URL): Promise<void> {
    this.#flow.pending.link = link.href
    this.#flow.record.pending = this.#flow.pending
    await this.#flow.save()
  }

  saveCodeVerifier(verifier: string): void {
    this.#flow.pending.verifier = verifier // Kept with the link, which follows.
  }

  codeVerifier(): string {
    return this.#flow.finishing?.verifier ?? ''
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#flow.pending.discovery = state // Kept with the link, which follows.
  }

  /** Only for the answer of a browser: else servers are asked anew, since they may have moved. */
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#flow.finishing?.discovery
  }

  async invalidateCredentials(what: Parameters<Invalidate>[0]): Promise<void> {
    const { record } = this.#flow
    if (what === 'all' || what === 'client') record.clients = {}
    if (what === 'all' || what === 'tokens') record.tokens = undefined
    await this.#flow.save()
  }

  dpop(): DpopSession | undefined {
    return this.#flow.dpop
  }
}

type About = OAuthClientInformationContext
type Invalidate = NonNullable<OAuthClientProvider['invalidateCredentials']>

export const newState = (): string => randomBytes(32).toString('base64url')

const metadataOf = (config: OAuthConfig, redirectUrl: string | undefined): OAuthClientMetadata => ({
  client_name: 'Switchyard',
  redirect_uris: redirectUrl === undefined ? [] : [redirectUrl],
  grant_types:
    config.grant === 'authorization_code'
      ? ['authorization_code', 'refresh_token']
      : [config.grant === 'jwt_bearer' ? jwtBearer : 'client_credentials'],
  response_types: redirectUrl === undefined ? [] : ['code'],
  ...(config.scope === undefined ? {} : { scope: config.scope }),
})

function tokenRequest(config: OAuthConfig, scope: string | undefined): URLSearchParams {
  const request = new URLSearchParams(
    config.grant === 'jwt_bearer'
      ? { grant_type: jwtBearer, assertion: config.assertion ?? '' }
      : { grant_type: 'client_credentials' },
  )
  if (scope !== undefined) request.set('scope', scope)
  return request
}
