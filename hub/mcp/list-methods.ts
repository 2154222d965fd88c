import type { McpParts } from './parts.ts'
import type { Offers } from '../upstreams/offers.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf, ownKey } from '../rpc/caller.ts'
import { cacheText, completeText, linksOf } from './server-info.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { ownPrompts } from './own-prompts.ts'
import { ownResources, ownTemplates } from './own-resources.ts'

/** Answers `tools/list`, `prompts/list`, `resources/list` and `resources/templates/list`. */
export async function answerList(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const lead = modern ? `${completeText},${cacheText},` : ''
  const [field, items] = await itemsOf(
    hub,
    request.method,
    caller,
    offersOf(hub, request, caller, modern),
  )
  return `{${lead}"${field}":${items}}`
}

export const isListMethod = (method: string): boolean =>
  method === 'tools/list' ||
  method === 'prompts/list' ||
  method === 'resources/list' ||
  method === 'resources/templates/list'

/** What this client is offered, which may differ for one with connections of its own. */
export const offersOf = (
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Offers => hub.upstreams.offersFor(ownKey(caller, clientOf(request, caller, modern), modern))

async function itemsOf(
  hub: McpParts,
  method: string,
  caller: Caller,
  offers: Offers,
): Promise<[string, string]> {
  const { principal, view } = caller
  if (method === 'tools/list') return ['tools', hub.catalog.text(principal, view, offers)]
  const links = linksOf(hub, principal, view)
  const { prompts, resources, templates } = offers
  const isOwnShown = view.server === undefined
  if (method === 'prompts/list') {
    const foreign = [...prompts.values()]
      .filter(({ link }) => links.includes(link))
      .map(({ name, item }) => ({ ...item, name }))
    return ['prompts', JSON.stringify([...(isOwnShown ? ownPrompts : []), ...foreign])]
  }
  if (method === 'resources/templates/list') {
    const own = isOwnShown ? ownTemplates(hub, principal) : []
    const foreign = templates.filter(({ link }) => links.includes(link)).map(({ item }) => item)
    return ['resourceTemplates', JSON.stringify([...own, ...foreign])]
  }
  // What people were given by name comes before what the hub happens to have.
  const foreign = [...resources.values()]
    .filter(({ link }) => links.includes(link))
    .map(({ item }) => item)
  const own = isOwnShown ? await ownResources(hub, principal) : []
  return ['resources', JSON.stringify([...foreign, ...own])]
}
