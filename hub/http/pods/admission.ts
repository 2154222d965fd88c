import type { IncomingMessage } from 'node:http'
import { HubError } from '../../../schemas/errors.ts'
import type { ExposureRow } from '../../../servers/cluster/store/exposures.ts'
import { findBehind, findByHost, redeemTicket } from '../../../servers/cluster/store/exposures.ts'
import type { Reader, Writer } from '../../../servers/kit/sql.ts'
import { sessionCookie } from './headers.ts'

/** Where a link leads that pod_expose made; everything else under the host name is the pod's. */
export const openPath = '/.switchyard/open'

const maxTried = 4

/** What a browser asks for when it follows a link: a cookie for its ticket. */
export async function openSession(
  writer: Writer,
  request: IncomingMessage,
  at: { host: string; ticket: string; isSecure: boolean },
): Promise<string> {
  const { host, ticket, isSecure } = at
  const given = await redeemTicket(writer, { host, ticket })
  if (!given)
    throw new HubError('unauthenticated', 'this link is unknown, used, or older than ten minutes', {
      hint: 'Get a new one by pod_expose.',
    })
  // In a frame of the dashboard the cookie is one of another site: browsers keep it for that page alone.
  const isFramed = request.headers['sec-fetch-dest'] === 'iframe'
  const reach = isFramed
    ? 'SameSite=None; Secure; Partitioned'
    : `SameSite=Lax${isSecure ? '; Secure' : ''}`
  const seconds = Math.ceil(given.maxAgeMs / 1000)
  return `${sessionCookie}=${given.session}; Path=/; HttpOnly; ${reach}; Max-Age=${seconds}`
}

/** The exposure that a request may reach: the host name says which one, the cookie that it may. */
export async function admit(
  reader: Reader,
  request: IncomingMessage,
  { host, now }: { host: string; now: number },
): Promise<ExposureRow> {
  ensureOwnPage(request)
  for (const key of sessionsOf(request)) {
    const row = await findBehind(reader, { host, key, purpose: 'session', now })
    if (row) return row
  }
  const row = await findByHost(reader, host)
  if (!row) throw new HubError('not_found', 'nothing is exposed under this name')
  if (row.ended_at !== null || row.expires_at <= now)
    throw new HubError(
      'not_found',
      `this is exposed no longer: ${row.reason ?? 'its time is over'}`,
    )
  throw new HubError('unauthenticated', 'this browser has not been let in', {
    hint: 'Open it from the dashboard, or by a link of pod_expose.',
  })
}

/**
 * Cookies travel with requests of other sites' pages, and a page of another pod may be of the same
 * site: only navigation comes from elsewhere.
 */
function ensureOwnPage({ method = '', headers }: IncomingMessage): void {
  const { origin, host = '' } = headers
  const isOther = origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, '') !== host
  const site = headers['sec-fetch-site']
  const isElsewhere = site === 'cross-site' || site === 'same-site'
  const isNavigation = ['GET', 'HEAD'].includes(method) && headers['sec-fetch-mode'] === 'navigate'
  if (isOther || (isElsewhere && !isNavigation))
    throw new HubError('denied', 'requests of other sites are refused')
}

function sessionsOf({ headers }: IncomingMessage): string[] {
  const mark = `${sessionCookie}=`
  return (headers.cookie ?? '')
    .split(/; */)
    .flatMap((pair) => (pair.startsWith(mark) ? [pair.slice(mark.length)] : []))
    .slice(0, maxTried)
}
