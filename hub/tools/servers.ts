import { z } from 'zod'
import type { Principal } from '../../schemas/principal.ts'
import { Upstream } from '../../schemas/upstream.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { Registry } from '../calls/registry.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import { noServer } from './server-changes.ts'

type Sources = {
  upstreams(): Upstreams
  /** The servers of this hub itself, each with the tools that a caller may use. */
  own(principal: Principal): OwnServer[]
}

const OwnServer = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  tools: z.array(z.string()).describe('Names of the tools that you may call'),
})
export type OwnServer = z.infer<typeof OwnServer>

/** The tools about third-party servers. They are made for one hub, because its links live in it. */
export const serverTools = ({ upstreams, own }: Sources) => [
  defineTool({
    name: 'server_list',
    title: 'List servers',
    description:
      'Lists the third-party MCP servers behind this hub: state with the reason, protocol, tools, and what is quarantined. Add them under mcpServers in switchyard.json.',
    effect: 'read',
    scope: 'task:read',
    input: {
      own: z
        .boolean()
        .default(false)
        .describe('Also the servers of this hub itself, with the names of their tools'),
    },
    output: z.object({ items: z.array(Upstream), own: z.array(OwnServer).optional() }),
    run: async (asked, ctx) => ({
      items: upstreams().states(),
      ...(asked.own ? { own: own(ctx.principal) } : {}),
    }),
  }),
  defineTool({
    name: 'server_restart',
    title: 'Restart a server',
    description:
      'Ends the connections to a third-party server, down to the program that the hub started for it, and connects anew. Calls of it under way fail; use it for a server that hangs or has to read its settings again.',
    effect: 'update',
    scope: 'admin',
    input: { server: z.string().max(40).describe('Server name') },
    output: Upstream,
    run: async ({ server }, ctx) => {
      const link = upstreams().link(server)
      if (!link) throw noServer(server)
      await ctx.transaction(async (tx) => {
        tx.about(server)
        const org = ctx.principal.orgs[0] ?? '*'
        await tx.event({ kind: 'server.restarted', org, subject: server, data: {} })
      })
      await ended(link.restart(), ctx.signal)
      const state = upstreams()
        .states()
        .find(({ name }) => name === server)
      if (!state) throw noServer(server) // Its settings were taken away meanwhile.
      return state
    },
  }),
]

/** What this hub serves itself, as far as somebody may call it. */
export const ownServers = (registry: Registry, principal: Principal): OwnServer[] =>
  registry.servers
    .map(({ name, title, description }) => {
      const tools = registry.visible(principal, name).map((tool) => tool.name)
      return { name, title, description, tools }
    })
    .filter(({ tools }) => tools.length > 0)

/** It goes on by itself; who asked waits for as long as they like. */
const ended = (restart: Promise<void>, signal: AbortSignal): Promise<void> =>
  Promise.race([
    restart,
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  ])
