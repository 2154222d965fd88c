import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'

/** The cookie by which a browser is known under the host name of one exposure. */
export const sessionCookie = 'switchyard_pod'

/** What belongs to one connection, not to the message. Rule: RFC 9110, section 7.6.1. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

// Credentials are the hub's business. An API server on the way would act as whom the others name.
const withheld =
  /^(authorization|expect|forwarded|x-forwarded-.*|x-real-ip|impersonate-.*|x-remote-.*)$/

/** The headers that a pod is sent of a browser's request. */
export function towardsPod(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { proto, more }: { proto: string; more: Record<string, string> },
): OutgoingHttpHeaders {
  const { cookie, ...rest } = withoutHops(headers)
  const kept = Object.entries(rest).filter(([name]) => !withheld.test(name))
  const cookies = ownCookies(cookie)
  return {
    ...Object.fromEntries(kept),
    ...(cookies === '' ? {} : { cookie: cookies }),
    'x-forwarded-host': headers.host,
    'x-forwarded-proto': proto,
    ...more,
  }
}

/** The headers that a browser is sent of a pod's response. */
export function towardsBrowser(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { prefix, ancestors }: { prefix: string; ancestors: string },
): OutgoingHttpHeaders {
  const {
    location,
    'set-cookie': cookies = [],
    // They would outlive the pod, and speak for a host name that others may get.
    'strict-transport-security': _strict,
    'alt-svc': _elsewhere,
    'content-security-policy': policy,
    ...rest
  } = withoutHops(headers)
  const kept = cookies.flatMap(keptCookie)
  return {
    ...rest,
    ...(location === undefined ? {} : { location: belowRoot(location, prefix) }),
    ...(kept.length > 0 ? { 'set-cookie': kept } : {}),
    // Each of several policies holds: the pod's own stays in force.
    'content-security-policy': [policy, ancestors].filter(Boolean).join(', '),
  }
}

/** A path as the pod has it: an API server that passes pages on writes its own prefix into their links. */
export const belowRoot = (path: string, prefix: string): string =>
  prefix !== '' && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path

function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.includes(name) && !named.includes(name)),
  )
}

/** Cookies that the pod's own pages set. */
const ownCookies = (text = ''): string =>
  text
    .split(/; */)
    .filter((pair) => pair !== '' && !pair.startsWith('switchyard_'))
    .join('; ')

/** A cookie of the pod stays under its own host name, and is none of the hub's. */
function keptCookie(text: string): string[] {
  if (/^\s*switchyard_/.test(text)) return []
  const [pair = '', ...attributes] = text.split(';')
  return [[pair, ...attributes.filter((one) => !/^\s*domain\s*=/i.test(one))].join(';')]
}
