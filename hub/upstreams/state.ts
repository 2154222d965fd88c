import type { Upstream, UpstreamConfig } from '../../schemas/upstream.ts'
import type { Offers, CatalogEntry } from './offers.ts'

/** How an upstream is doing, for `server_list`. */
export function stateOf(
  { link, quarantined, rejected, shadowed }: CatalogEntry,
  offers: Offers,
): Upstream {
  const count = (items: Iterable<{ link: object }>) =>
    [...items].filter((item) => item.link === link).length
  const { handshake } = link
  return {
    name: link.name,
    kind: kindOf(link.config),
    state: link.state,
    ...(link.reason === undefined ? {} : { reason: link.reason }),
    ...(handshake && link.state !== 'degraded' && link.state !== 'signed_out'
      ? { protocol: handshake.version }
      : {}),
    ...(typeof handshake?.info.name === 'string' ? { server: titleOf(handshake.info) } : {}),
    tools: count(offers.tools.values()),
    prompts: count(offers.prompts.values()),
    resources: count(offers.resources.values()) + count(offers.templates),
    quarantined: quarantined.map((tool) => tool.name),
    rejected: rejected.map((tool) => tool.name),
    shadowed,
    calls: link.calls,
    failures: link.failures,
  }
}

export const stateOfDisabled = (name: string, config: UpstreamConfig): Upstream => ({
  name,
  kind: kindOf(config),
  state: 'disabled',
  tools: 0,
  prompts: 0,
  resources: 0,
  quarantined: [],
  rejected: [],
  shadowed: [],
  calls: 0,
  failures: 0,
})

const titleOf = ({ name, version }: Record<string, unknown>) =>
  [name, version].filter((part) => typeof part === 'string').join(' ')

const kindOf = ({ url, type }: UpstreamConfig) =>
  url === undefined ? 'stdio' : type === 'sse' ? 'sse' : 'http'
