import type { IncomingMessage } from 'node:http'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { MeshIdentity } from '../auth/mesh-identity.ts'
import { callbackPath } from './sign-in-page.ts'

// Headers that decide about trust. A second copy of one is an attempt to have two readers disagree.
const single = new Set([
  'authorization',
  'host',
  'origin',
  'cookie',
  'content-type',
  'content-length',
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
])

/** The page of a question: its address holds the token that gives the right to answer. */
const approvalPath = /^\/approve\/[\w-]{43}$/

/** Where a page of ours signs a browser in and out. */
const isSignIn = (method: string, path: string) =>
  method === 'POST' && (path === '/login' || path === '/logout')

/** Paths that need no credential. Everything else does, whatever its spelling. */
const isPublic = (method: string, path: string) =>
  isSignIn(method, path) ||
  ((method === 'GET' || method === 'POST') && approvalPath.test(path)) ||
  ((method === 'GET' || method === 'HEAD') && // As monitors ask for health.
    (path === '/' ||
      path === '/health' ||
      path === '/ready' ||
      path === '/login' ||
      path === callbackPath ||
      /^\/assets\/[\w.-]+$/.test(path)))

type Gates = { auth: Authenticator; mesh: MeshIdentity; hosts: Set<string>; cookie: string }

/**
 * What every request passes before any route sees it: one copy of each security header, a Host and
 * an Origin that are ours (a page of another site must not reach a hub on localhost), and a
 * credential, which that of a peer is from its own machine alone. Returns the caller, or undefined on a
 * public path.
 */
export function guard(
  request: IncomingMessage,
  path: string,
  { auth, mesh, hosts, cookie }: Gates,
): Principal | undefined | Promise<Principal | undefined> {
  refuseDoubledHeaders(request)
  const host = request.headers.host?.toLowerCase() ?? ''
  if (!hosts.has(host)) {
    throw new HubError('denied', `Host ${JSON.stringify(host)} is not served here`, {
      hint: 'Use the address the hub printed, or add the name with --allowed-hosts.',
    })
  }
  const { origin } = request.headers
  if (origin !== undefined && !hosts.has(origin.toLowerCase().replace(/^https?:\/\//, ''))) {
    throw new HubError('denied', `requests from ${JSON.stringify(origin)} are refused`)
  }
  // Another site must not sign a browser in as somebody else, nor out: only our page's own origin may.
  if (isSignIn(request.method ?? '', path) && origin === undefined)
    throw new HubError('denied', `${path} is sent by the dashboard's own page`)
  const { authorization } = request.headers
  // Nearly every call: a bearer token that is known.
  const principal =
    authorization === undefined
      ? fromCookie(request, path, { auth, cookie })
      : fromBearer(authorization, path, auth)
  if (principal instanceof Promise)
    return principal.then((found) => admitted(request, path, mesh, found))
  return admitted(request, path, mesh, principal)
}

function admitted(
  request: IncomingMessage,
  path: string,
  mesh: MeshIdentity,
  principal: Principal | undefined,
): Principal | undefined | Promise<Principal> {
  if (principal?.kind === 'hub') return mesh.vouch(principal, request.socket.remoteAddress ?? '')
  if (principal) return principal
  if (request.headers.authorization !== undefined)
    throw new HubError('unauthenticated', 'the bearer token is unknown, expired or revoked')
  if (isPublic(request.method ?? '', path)) return undefined
  throw new HubError('unauthenticated', 'this needs a credential', {
    hint: "Send `Authorization: Bearer TOKEN` (the owner's is in the file `token` of the data directory), or open a login link.",
  })
}

/** What Git fetches and pushes. */
export const isGit = (path: string): boolean => path.startsWith('/git/')

/** The token of a bearer; Git by itself sends passwords only, so there the token may be one, of any user. */
function tokenIn(authorization: string, path: string): string | undefined {
  const [, basic] = (isGit(path) && /^Basic ([\w+/=-]{1,1024})$/i.exec(authorization)) || []
  // Credentials that a cluster makes for its pods are signed statements, and long.
  if (basic === undefined) return /^Bearer ([\w.~+/=-]{16,8192})$/i.exec(authorization)?.[1]
  const password = Buffer.from(basic, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '')
  return /^[\w.~+/=-]{16,512}$/.test(password) ? password : undefined
}

const fromBearer = (authorization: string, path: string, auth: Authenticator) => {
  const token = tokenIn(authorization, path)
  return token === undefined ? undefined : auth.bearer(token)
}

async function fromCookie(
  request: IncomingMessage,
  path: string,
  { auth, cookie }: { auth: Authenticator; cookie: string },
): Promise<Principal | undefined> {
  // A page has nothing to do with Git.
  if (isGit(path)) return undefined
  const session = request.headers.cookie?.split('; ').find((part) => part.startsWith(`${cookie}=`))
  if (session === undefined) return undefined
  // Browsers send cookies by themselves, so a changing request has to say that our page sent it. GET
  // and HEAD change nothing, and browsers send no Origin with either to the page's own site.
  if (!isSafe(request.method) && request.headers.origin === undefined) return undefined
  const value = session.slice(cookie.length + 1)
  return (await auth.session(value)) ?? auth.bearer(value)
}

const isSafe = (method: string | undefined) => method === 'GET' || method === 'HEAD'

function refuseDoubledHeaders(request: IncomingMessage): void {
  // Nearly every request: as many names as headers, so none is there twice.
  if (Object.keys(request.headers).length * 2 === request.rawHeaders.length) return
  const seen = new Set<string>()
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase()
    if (!single.has(name)) continue
    if (seen.has(name)) throw new HubError('invalid', `the header ${name} is there twice`)
    seen.add(name)
  }
}
