import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { Upstream } from '../../schemas/upstream.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { Registry } from '../calls/registry.ts'
import { acceptTools, definitionDiff } from '../upstreams/pinning.ts'
import { readPins } from '../upstreams/store/pins.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

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
    name: 'server_accept',
    title: 'Accept changed tools',
    description:
      "Accepts new or changed tool definitions of a third-party server, all or by name, so that they can be called. Look first with dry_run, which shows what changed; a tool's description is told to models.",
    effect: 'update',
    scope: 'admin',
    idempotent: true,
    input: {
      server: z.string().max(40).describe('Server name'),
      tools: z
        .array(z.string().max(200))
        .max(5000)
        .optional()
        .describe('Only these tools; default: all that are quarantined'),
      dry_run: z.boolean().default(false).describe('Only show what would be accepted'),
    },
    output: z.object({
      items: z.array(z.object({ tool: z.string(), diff: z.string() })),
      accepted: z.boolean(),
    }),
    run: async ({ server, tools, dry_run: dryRun }, ctx) => {
      const waiting = upstreams().quarantined(server)
      if (!waiting)
        throw new HubError('not_found', `there is no server ${JSON.stringify(server)}`, {
          hint: 'server_list shows them.',
        })
      const chosen = waiting.filter((tool) => tools === undefined || tools.includes(tool.name))
      const missing = tools?.filter((name) => !chosen.some((tool) => tool.name === name)) ?? []
      if (missing.length > 0)
        throw new HubError(
          'not_found',
          `${server} has nothing quarantined called ${missing.join(', ')}`,
        )
      const pins = await readPins(ctx.reader, server)
      const items = chosen.map((tool) => ({
        tool: tool.name,
        diff: definitionDiff(pins.get(tool.name)?.definition, tool),
      }))
      if (dryRun) return { items, accepted: false }
      await ctx.transaction(async (tx) => {
        tx.about(server)
        await acceptTools(tx, server, chosen, ctx.principal.id)
        await tx.event({
          kind: 'server.accepted',
          org: ctx.principal.orgs[0] ?? '*',
          subject: server,
          data: { tools: items.map((item) => item.tool) },
        })
      })
      await upstreams().sortTools(server)
      return { items, accepted: true }
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
