import { hash } from 'node:crypto'
import { isObject } from '../rpc/protocol.ts'
import { mirroredParams } from '../rpc/headers.ts'
import type { ForeignTool } from './foreign-tool.ts'
import type { ForeignPrompt, ForeignResource, ForeignTemplate, Lists } from './lists.ts'
import type { UpstreamLink } from './upstream.ts'

/** Something of an upstream under the name it has in this hub. */
type Named<Kind> = { name: string; own: string; item: Kind; link: UpstreamLink }
export type Served = Named<ForeignTool> & { mirrored: Map<string, string> }
type ServedPrompt = Named<ForeignPrompt>
type At<Kind> = { item: Kind; link: UpstreamLink }

export type Offers = {
  tools: Map<string, Served>
  prompts: Map<string, ServedPrompt>
  resources: Map<string, At<ForeignResource>>
  templates: (At<ForeignTemplate> & { matches: RegExp })[]
}

export type CatalogEntry = {
  link: UpstreamLink
  /** What is offered; the link's own lists, but for a client whose connection differs. */
  lists: Lists
  accepted: ForeignTool[]
  quarantined: ForeignTool[]
  rejected: ForeignTool[]
  /** What is not served because its name is taken, or its definition may not be used. */
  shadowed: string[]
}

const maxNameLength = 64

/** What the names of a server's tools and prompts begin with here. */
export const prefixOf = (upstream: string, config?: { prefix?: string | undefined }): string =>
  config?.prefix ?? `${upstream.toLowerCase().replace(/[^a-z0-9_]/g, '_')}_`

/** What a tool or prompt of a server is called here. */
export const nameHere = (
  upstream: string,
  config: { prefix?: string | undefined } | undefined,
  own: string,
): string => shorten(`${prefixOf(upstream, config)}${own}`)

/**
 * Everything the upstreams offer by the names it has here. A name or address that is taken, by the hub
 * or an upstream before, is never given to another.
 */
export function indexOffers(
  entries: [string, CatalogEntry][],
  isTaken: { name(name: string): boolean; address(uri: string): boolean },
): Offers {
  const offers: Offers = {
    tools: new Map(),
    prompts: new Map(),
    resources: new Map(),
    templates: [],
  }
  for (const [upstream, entry] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const { link, lists } = entry
    const { prompts, resources, templates } = lists
    entry.shadowed = []
    for (const item of entry.accepted.toSorted(byName)) {
      const name = nameHere(upstream, link.config, item.name)
      const mirrored = mirroredParams(item.inputSchema)
      if (isTaken.name(name) || offers.tools.has(name) || typeof mirrored === 'string')
        entry.shadowed.push(item.name)
      else offers.tools.set(name, { name, own: item.name, item, link, mirrored })
    }
    for (const item of prompts.toSorted(byName)) {
      const name = nameHere(upstream, link.config, item.name)
      if (isTaken.name(name) || offers.prompts.has(name)) entry.shadowed.push(item.name)
      else offers.prompts.set(name, { name, own: item.name, item, link })
    }
    for (const item of resources) {
      if (isTaken.address(item.uri) || offers.resources.has(item.uri)) entry.shadowed.push(item.uri)
      else offers.resources.set(item.uri, { item, link })
    }
    for (const item of templates) {
      if (isTaken.address(item.uriTemplate)) entry.shadowed.push(item.uriTemplate)
      else offers.templates.push({ item, link, matches: templatePattern(item.uriTemplate) })
    }
  }
  return offers
}

/**
 * Whose a resource may be, the likeliest first: who lists it, whose template fits, else those who use
 * its scheme (results link to resources that no list names).
 */
export function ownersOf(
  { resources, templates }: Offers,
  uri: string,
  among: (link: UpstreamLink) => boolean,
): UpstreamLink[] {
  const listed = resources.get(uri)?.link
  if (listed && among(listed)) return [listed]
  const fitting = templates.find(({ link, matches }) => among(link) && matches.test(uri))
  if (fitting) return [fitting.link]
  const scheme = schemeOf(uri)
  const users = new Set<UpstreamLink>()
  for (const [other, { link }] of resources) if (schemeOf(other) === scheme) users.add(link)
  for (const { item, link } of templates) if (schemeOf(item.uriTemplate) === scheme) users.add(link)
  return [...users].filter(among)
}

/** Servers of the skills extension, which need not list what they have. */
export const hasSkills = ({ handshake }: UpstreamLink): boolean =>
  isObject(handshake?.capabilities.extensions) &&
  'io.modelcontextprotocol/skills' in handshake.capabilities.extensions

const schemeOf = (uri: string): string => uri.slice(0, uri.indexOf(':') + 1).toLowerCase()

/** The addresses a URI template can stand for. https://www.rfc-editor.org/rfc/rfc6570 */
function templatePattern(template: string): RegExp {
  const source = template
    .split(/(\{[^{}]*\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      if (/^\{[?&]/.test(part)) return '(?:[?&].*)?'
      return /^\{[+#/]|\*/.test(part) ? '.+' : '[^/?#]+'
    })
    .join('')
  return new RegExp(`^${source}$`)
}

/** Clients allow 64 characters; a longer name keeps its start and gets a stable end. */
function shorten(name: string): string {
  if (name.length <= maxNameLength) return name
  return `${name.slice(0, maxNameLength - 9)}_${hash('sha256', name).slice(0, 8)}`
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
