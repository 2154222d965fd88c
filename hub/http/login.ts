import { HubError } from '../../schemas/errors.ts'
import type { Door } from './listener.ts'
import { page, pageHeaders } from './sign-in-page.ts'

/** The cookie that a browser keeps. */
type Kept = { cookie: string }

/** How long a browser keeps a pasted token, unless it ends before. */
const keptSeconds = 30 * 24 * 3600

export const signInHeaders = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

type Answer = { status: 200 | 401; html: string; headers: Record<string, string> }

/** Answers who opened a login link; a person in a browser is told in words why it does not work. */
export async function answerLink(door: Door, code: string, accept = ''): Promise<Answer> {
  try {
    const { cookie } = await signInByCode(door, code)
    const headers = { 'set-cookie': cookie, ...signInHeaders }
    // Not a redirect: a strict cookie is withheld on a navigation that came from another site.
    const html =
      '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Signing in</title>'
    return { status: 200, html, headers }
  } catch (error) {
    if (!(error instanceof HubError) || !accept.includes('text/html')) throw error
    const text =
      'It was used, or is older than ten minutes. Run `npx switchyard login` where the hub runs, and open the link that it prints.'
    return { ...page(401, 'This sign-in link does not work any more', text), headers: pageHeaders }
  }
}

/** Signs a browser in with the code of a login link, once. */
async function signInByCode({ hub, cookie }: Door, code: string): Promise<Kept> {
  const session = await hub.auth.redeem(code, hub.id('session'))
  if (session) return { cookie: cookieOf(cookie, session.token, session.maxAgeSeconds) }
  throw new HubError(
    'unauthenticated',
    'this login link is unknown, used or older than ten minutes',
    { hint: 'Get a new one with `npx switchyard login`.' },
  )
}

/**
 * Signs a browser in with a token that a person pasted. The cookie holds the token itself and no
 * session of its own, so that whoever revokes the token, or lets it expire, signs the browser out.
 */
export async function signInByToken({ hub, cookie }: Door, token: unknown): Promise<Kept> {
  const given = typeof token === 'string' ? token.trim() : ''
  const principal = tokenForm.test(given) ? await hub.auth.bearer(given) : undefined
  if (!principal)
    throw new HubError('unauthenticated', 'this token is unknown, expired or revoked', {
      hint: 'An owner makes one with token_create; the owner’s own is in the file `token` of the data directory.',
    })
  if (principal.kind === 'agent')
    throw new HubError('denied', 'an agent’s credential signs no browser in')
  return { cookie: cookieOf(cookie, given, keptSeconds) }
}

/** What has the browser forget its cookie. */
export const signOut = ({ cookie }: Door): Kept => ({ cookie: cookieOf(cookie, '', 0) })

/** As a credential of ours, or of the owner's file, may look; no other text becomes part of a header. */
const tokenForm = /^[\w.~+/=-]{16,512}$/

const cookieOf = (name: string, value: string, maxAgeSeconds: number) =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`
