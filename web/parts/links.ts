/** Where a link may lead: a place of this dashboard, a file of this hub, or elsewhere in a new tab. */
export type SafeLink = { href: string; isExternal: boolean }

const schemes = new Set(['http:', 'https:', 'mailto:'])

/**
 * The link as it may stand on the page, or undefined for a scheme that runs or opens anything else.
 * The browser's own parser decides, so that no spelling of `javascript:` is read in two ways.
 */
export function safeLink(address: string, base = location.href): SafeLink | undefined {
  if (!URL.canParse(address, base)) return undefined
  const url = new URL(address, base)
  if (!schemes.has(url.protocol)) return undefined
  const isExternal = url.origin !== new URL(base).origin
  // A relative name leads nowhere here: only what begins with a slash or a hash is an address of ours.
  if (!isExternal && !/^(\/|#|https?:)/i.test(address.trim())) return undefined
  if (isExternal) return { href: url.href, isExternal }
  return { href: `${url.pathname}${url.search}${url.hash}`, isExternal }
}
