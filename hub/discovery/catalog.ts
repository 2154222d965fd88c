import type { View } from '../rpc/caller.ts'
import type { Config } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import { appAddress } from '../../servers/kit/app-address.ts'
import type { Tool } from '../../servers/kit/tool.ts'
import { isObject } from '../rpc/protocol.ts'
import { mayUseUpstream } from '../calls/grants.ts'
import { matchesPattern } from '../calls/name-pattern.ts'
import type { Registry } from '../calls/registry.ts'
import type { Offers, Served } from '../upstreams/offers.ts'
import type { ForeignTool } from '../upstreams/foreign-tool.ts'
import type { ListedTool } from './searchable-tool.ts'
import { leanTools, toolCallListing, withoutBounds } from './lean-view.ts'

/** A tool as a caller may see it, whoever serves it. */
export type Visible = ListedTool

type Parts = {
  registry: Registry
  upstreams: { offers: Offers; version: number }
  config(): Config
}

type Kept = {
  version: number
  config: Config | undefined
  text: Map<string, string>
  visible: Map<string, Visible[]>
}

/**
 * What each set of rights may see, own tools and upstreams' together. Listings are the same for
 * equal rights, so each is made once and kept as text until an upstream changes.
 */
export class Catalog {
  readonly #parts: Parts
  #kept: Kept = { version: -1, config: undefined, text: new Map(), visible: new Map() }

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The tools as a JSON array, ready to send. */
  text(principal: Principal, view: View, offers: Offers): string {
    // What a client has to itself is not worth keeping for others.
    if (offers !== this.#parts.upstreams.offers)
      return JSON.stringify(this.#list(principal, view, offers))
    const { text } = this.#fresh()
    const key = `${rightsOf(principal)} ${view.server ?? ''} ${view.patterns?.join() ?? ''} ${view.lean === true}`
    const kept = text.get(key)
    if (kept !== undefined) return kept
    const made = JSON.stringify(this.#list(principal, view, offers))
    if (text.size > 1000) text.clear() // Patterns come from callers.
    text.set(key, made)
    return made
  }

  /** Everything a principal may call, for searching. */
  visible(principal: Principal): Visible[] {
    const { visible } = this.#fresh()
    const key = rightsOf(principal)
    const kept = visible.get(key)
    if (kept) return kept
    const own = this.#parts.registry.servers.flatMap((server) =>
      this.#parts.registry.visible(principal, server.name).map((tool): Visible => ({
        name: tool.name,
        own: tool.name,
        server: server.name,
        title: tool.title,
        description: tool.description,
        inputSchema: tool.inputSchema(),
        about: `${server.title}. ${server.description}`,
        effect: tool.effect,
      })),
    )
    const foreign = this.#served(principal, {}, this.#parts.upstreams.offers).map(
      ({ name, own: ownName, item, link }): Visible => ({
        name,
        own: ownName,
        server: link.name,
        title: titleOf(item) ?? name,
        description: typeof item.description === 'string' ? item.description : '',
        inputSchema: item.inputSchema,
        about: link.handshake?.instructions ?? '',
        effect: isReadOnly(item) ? 'read' : undefined,
      }),
    )
    const made = [...own, ...foreign]
    visible.set(key, made)
    return made
  }

  /** Whether a view shows a tool, so that it may be called through it. */
  shows(principal: Principal, view: View, name: string, offers: Offers): boolean {
    if (view.lean) return true // It shows tool_call, and so everything.
    return (
      this.#own(principal, view).some((tool) => tool.name === name) ||
      this.#foreign(principal, view, offers).some((tool) => tool.name === name)
    )
  }

  #list(principal: Principal, view: View, offers: Offers): object[] {
    if (!view.lean)
      return [...this.#own(principal, view).map(listing), ...this.#foreign(principal, view, offers)]
    const shown = this.#own(principal, {}).filter((tool) => leanTools.includes(tool.name))
    // Answers are read as they come; their schemas would cost a model more than they tell it.
    const slim = shown.map((tool) => {
      const { outputSchema: _answer, ...rest } = listing(tool)
      return { ...rest, inputSchema: withoutBounds(rest.inputSchema) }
    })
    return [...slim, toolCallListing]
  }

  #own(principal: Principal, { server, patterns }: View): Tool[] {
    return this.#parts.registry
      .visible(principal, server)
      .filter((tool) => matchesAny(tool.name, patterns))
  }

  #foreign(principal: Principal, view: View, offers: Offers): ForeignTool[] {
    return this.#served(principal, view, offers).map(({ name, item }) => ({ ...item, name }))
  }

  #served(principal: Principal, { server, patterns }: View, { tools }: Offers): Served[] {
    const config = this.#parts.config()
    return [...tools.values()].filter(
      ({ name, link }) =>
        (server === undefined || server === link.name) &&
        matchesAny(name, patterns) &&
        mayUseUpstream(config, principal, link.name),
    )
  }

  #fresh(): Kept {
    const { version } = this.#parts.upstreams
    const config = this.#parts.config()
    if (this.#kept.version !== version || this.#kept.config !== config)
      this.#kept = { version, config, text: new Map(), visible: new Map() }
    return this.#kept
  }
}

const matchesAny = (name: string, patterns: string[] | undefined): boolean =>
  patterns === undefined || patterns.some((pattern) => matchesPattern(name, pattern))

const titleOf = ({ title, annotations }: ForeignTool): string | undefined =>
  [title, isObject(annotations) ? annotations.title : undefined].find(
    (text) => typeof text === 'string' && text !== '',
  ) as string | undefined // By the test before.

/** What a server says of its own tool: enough for the order of a search, and for nothing else. */
const isReadOnly = ({ annotations }: ForeignTool): boolean =>
  isObject(annotations) && annotations.readOnlyHint === true

/** What listings differ by: roles, and for agents the upstreams that their orgs granted. */
const rightsOf = ({ kind, roles, orgs }: Principal): string =>
  `${kind} ${roles.join()} ${kind === 'agent' ? orgs.join() : ''}`

/** A tool as both eras list it; the hints follow from its effect. */
export const listing = (tool: Tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: tool.inputSchema(),
  // Who states an output schema has to send structured content, which clients show instead of the text.
  outputSchema: tool.text ? undefined : tool.outputSchema(),
  annotations: {
    title: tool.title,
    readOnlyHint: tool.effect === 'read',
    destructiveHint: tool.effect === 'destroy',
    idempotentHint: tool.idempotent,
    openWorldHint: false,
  },
  ...(tool.app === undefined ? {} : { _meta: { ui: { resourceUri: appAddress(tool.app) } } }),
})
