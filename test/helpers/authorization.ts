import { createPublicKey, hash, verify } from 'node:crypto'
import type { JsonWebKeyInput } from 'node:crypto'
import { createServer, request as send } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { onTestFinished } from 'vitest'

export type Protected = {
  /** Address of the MCP server behind the authorization server. */
  url: string
  /** Requests to the token endpoint so far, by their grant. */
  grants: string[]
  /** Credentials that the MCP server was sent, as they came. */
  seen: Set<string>
  /** Makes the authorization server unreachable, or brings it back. */
  setDown(isDown: boolean): void
  /** Ends every access token that the MCP server was sent, as if its time were over. */
  expireAccess(): Promise<void>
  /** Ends every access that was granted. */
  revokeAll(): Promise<void>
}

const scopes = ['read', 'offline_access']

/** An MCP server (at `target`) that lets in only who has a token of a real authorization server, oidc-provider. */
export async function startProtected(target: string): Promise<Protected> {
  const [authority, resource] = [createServer(), createServer()]
  const [issuer, origin] = [await listening(authority), await listening(resource)]
  const grants: string[] = []
  const seen = new Set<string>()
  const granted: string[] = []
  const provider = new Provider(issuer, {
    scopes,
    features: {
      registration: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => `${origin}/mcp`,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'read',
          accessTokenFormat: 'opaque',
          accessTokenTTL: 3600,
        }),
      },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    cookies: { keys: ['test'] },
  })
  provider.on('grant.success', ({ oidc }) => {
    grants.push(String(oidc.params?.grant_type))
    if (oidc.entities.Grant?.jti) granted.push(oidc.entities.Grant.jti)
  })
  const accessToken = (header: string) =>
    provider.AccessToken.find(header.replace(/^(Bearer|DPoP) /, ''))
  const answer = provider.callback()
  let isDown = false
  authority.on('request', (request, response) => {
    if (isDown) request.socket.destroy()
    else void answer(request, response)
  })

  resource.on('request', (request, response) => {
    if (request.url?.startsWith('/.well-known/oauth-protected-resource')) {
      response.setHeader('content-type', 'application/json')
      const metadata = { resource: `${origin}/mcp`, authorization_servers: [issuer] }
      return void response.end(JSON.stringify({ ...metadata, scopes_supported: ['read'] }))
    }
    const { authorization = '' } = request.headers
    seen.add(authorization)
    void accessToken(authorization).then((token) => {
      if (!token?.isValid || (token.jkt && token.jkt !== provenKey(request.headers.dpop))) {
        const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
        const challenge = { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }
        request.resume()
        return response.writeHead(401, challenge).end()
      }
      const { pathname, search } = new URL(request.url ?? '/', origin)
      const to = new URL(target)
      const onward = send(
        new URL(pathname === '/mcp' ? to.pathname : `${pathname}${search}`, to),
        { method: request.method, headers: { ...request.headers, host: to.host } },
        (reply) => void reply.pipe(response.writeHead(reply.statusCode ?? 502, reply.headers)),
      )
      onward.on('error', () => response.destroy())
      request.pipe(onward)
    })
  })
  const expireAccess = async () => {
    for (const header of seen) await (await accessToken(header))?.destroy()
  }
  const revokeAll = async () => {
    for (const grant of granted) {
      await provider.AccessToken.revokeByGrantId(grant)
      await provider.RefreshToken.revokeByGrantId(grant)
    }
  }
  const setDown = (down: boolean) => void (isDown = down)
  return { url: `${origin}/mcp`, grants, seen, setDown, expireAccess, revokeAll }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // It listens on TCP.
}

/** Thumbprint (RFC 7638) of the key that signed a DPoP proof. */
function provenKey(proof: unknown): string | undefined {
  const [header = '', claims = '', signature = ''] = String(proof).split('.')
  const { jwk } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
    jwk: JsonWebKeyInput['key']
  }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const signed = Buffer.from(`${header}.${claims}`)
  const given = Buffer.from(signature, 'base64url')
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, given)) return undefined
  const { crv, kty, x, y } = jwk
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url')
}

/** What a person does with a link: signs in, agrees, and ends at the address that is returned. */
export async function visit(link: string, stopAt: string): Promise<string> {
  const cookies = new Map<string, string>()
  let [url, body] = [link, undefined as URLSearchParams | undefined]
  for (let steps = 0; steps < 20 && !url.startsWith(stopAt); steps++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(body ? { method: 'POST', body } : {}),
    })
    body = undefined
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const text = await answer.text()
    const moved = answer.headers.get('location')
    if (moved !== null) {
      url = new URL(moved, url).href
      continue
    }
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(text) ?? []
    if (action === undefined)
      throw new Error(`stuck at ${url}: ${answer.status} ${text.slice(0, 500)}`)
    const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(text) ?? []
    body = new URLSearchParams({ prompt, login: 'ada', password: 'any' })
    url = new URL(action, url).href
  }
  return url
}
