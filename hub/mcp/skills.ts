import type { McpParts } from './parts.ts'
import { hasSkills } from '../upstreams/offers.ts'
import type { Caller } from '../rpc/caller.ts'
import { clientOf } from '../rpc/caller.ts'
import { cacheText, completeText, linksOf } from './server-info.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { RpcError, rpcCode } from '../rpc/protocol.ts'
import { answerAboutResource } from './resources.ts'

const maxPages = 100

export const isSkillMethod = (method: string): boolean =>
  method === 'skills/list' || method === 'skills/get'

/** Answers the skills extension (SEP-2640): one catalogue of all servers that have some. */
export async function answerSkills(
  hub: McpParts,
  request: RpcRequest,
  caller: Caller,
  modern: boolean,
): Promise<string> {
  const links = linksOf(hub, caller.principal, caller.view).filter(hasSkills)
  if (links.length === 0)
    throw new RpcError(rpcCode.method, 'no server behind this hub offers skills')
  if (request.method === 'skills/get') return answerAboutResource(hub, request, caller, modern)
  const client = clientOf(request, caller, modern)
  // A server that fails keeps its own skills from the list and nobody else's.
  const lists = await Promise.allSettled(
    links.map(async (link) => {
      const skills: unknown[] = []
      let cursor: unknown
      for (let page = 0; page < maxPages; page++) {
        const params = { ...request.params, ...(cursor === undefined ? {} : { cursor }) }
        const relayed = { method: request.method, params, caller, client, modern }
        const { result } = await hub.calls.relay(link, request.method, relayed)
        if (Array.isArray(result.skills)) skills.push(...(result.skills as unknown[]))
        if (typeof result.nextCursor !== 'string' || result.nextCursor === cursor) break
        cursor = result.nextCursor
      }
      return skills
    }),
  )
  const skills = lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []))
  const lead = modern ? `${completeText},${cacheText},` : ''
  return `{${lead}"skills":${JSON.stringify(skills)}}`
}
