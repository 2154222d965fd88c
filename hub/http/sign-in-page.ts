import type { Principal } from '../../schemas/principal.ts'
import { HubError, httpStatus } from '../../schemas/errors.ts'
import { escaped, htmlHeaders, htmlPage } from './html.ts'
import type { HttpParts } from './parts.ts'

/** Where authorization servers send a browser back to. */
export const callbackPath = '/oauth/callback'

/** The browser need not be signed in here: it shows that it was sent by a state that only its link had. */
const browser: Principal = { kind: 'service', id: 'sign-in', roles: ['owner'], orgs: ['*'] }

const style =
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{min-height:90vh;display:grid;place-content:center;text-align:center;padding:1rem}h1{font-size:1.4rem;margin:0}p{opacity:.75;max-width:40rem}'

export const pageHeaders = htmlHeaders(style)

/** Takes what a browser comes back with, and says how it went. */
export async function answerBrowser(
  hub: HttpParts,
  address: URL,
): Promise<{ status: 200 | 403 | 404 | 500; html: string }> {
  const state = address.searchParams.get('state') ?? ''
  const link = hub.upstreams.links().find(({ signIn }) => signIn?.awaits(state))
  if (!link)
    return page(
      404,
      'This sign-in is not known',
      'Its link was used, or is older than ten minutes.',
    )
  try {
    const answer = `${address.pathname}${address.search}`
    await hub.calls.tool(browser, 'server_login', { server: link.name, answer })
    return page(200, `${link.name} is signed in`, 'You can close this page.')
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const status = httpStatus[error.code]
    return page(status === 403 || status === 404 ? status : 500, 'Not signed in', error.message)
  }
}

/** A page that says one thing. */
export const page = <Status>(status: Status, title: string, text: string) => ({
  status,
  html: htmlPage(title, style, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p>`),
})
