import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../../servers/kit/context.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { ForeignTool } from '../upstreams/foreign-tool.ts'
import { acceptTools, definitionDiff, rejectTools } from '../upstreams/pinning.ts'
import { readPins } from '../upstreams/store/pins.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

const server = z.string().max(40).describe('Server name')
const names = z.array(z.string().max(200)).max(5000)
const items = z.array(z.object({ tool: z.string(), diff: z.string() }))

/** What a person says about tools of other servers that are new or changed. */
export const serverChangeTools = (upstreams: () => Upstreams) => [
  defineTool({
    name: 'server_accept',
    title: 'Accept changed tools',
    description:
      "Accepts new or changed tool definitions of a third-party server, all or by name, so that they can be called; one that was rejected only by name. Look first with dry_run, which shows what changed; a tool's description is told to models.",
    effect: 'update',
    scope: 'admin',
    idempotent: true,
    input: {
      server,
      tools: names.optional().describe('Only these tools; default: all that are quarantined'),
      dry_run: z.boolean().default(false).describe('Only show what would be accepted'),
    },
    output: z.object({ items, accepted: z.boolean() }),
    run: async ({ server: name, tools, dry_run: dryRun }, ctx) => {
      const { quarantined, rejected } = held(upstreams(), name)
      const all = tools === undefined ? quarantined : [...quarantined, ...rejected]
      const chosen = chosenOf(all, name, tools)
      const shown = await differences(ctx, name, chosen)
      if (dryRun) return { items: shown, accepted: false }
      await ctx.transaction(async (tx) => {
        await acceptTools(tx, name, chosen, ctx.principal.id)
        await told(tx, ctx, { server: name, what: 'accepted', tools: chosen })
      })
      await upstreams().sortTools(name)
      return { items: shown, accepted: true }
    },
  }),
  defineTool({
    name: 'server_reject',
    title: 'Reject changed tools',
    description:
      'Refuses new or changed tool definitions of a third-party server for good, so that they wait for nobody any more and are never called. A definition that says something else waits anew; server_accept takes a refusal back.',
    effect: 'update',
    scope: 'admin',
    idempotent: true,
    input: { server, tools: names.min(1).describe('Which of the quarantined tools') },
    output: z.object({ items }),
    run: async ({ server: name, tools }, ctx) => {
      const { quarantined, rejected } = held(upstreams(), name)
      const chosen = chosenOf([...quarantined, ...rejected], name, tools)
      const shown = await differences(ctx, name, chosen)
      await ctx.transaction(async (tx) => {
        await rejectTools(tx, name, chosen, ctx.principal.id)
        await told(tx, ctx, { server: name, what: 'rejected', tools: chosen })
      })
      await upstreams().sortTools(name)
      return { items: shown }
    },
  }),
]

export const noServer = (name: string): HubError =>
  new HubError('not_found', `there is no server ${JSON.stringify(name)}`, {
    hint: 'server_list shows them.',
  })

function held(upstreams: Upstreams, name: string) {
  const found = upstreams.held(name)
  if (found) return found
  throw noServer(name)
}

function chosenOf(all: ForeignTool[], name: string, tools: string[] | undefined): ForeignTool[] {
  const chosen = all.filter((tool) => tools === undefined || tools.includes(tool.name))
  const missing = tools?.filter((one) => !chosen.some((tool) => tool.name === one)) ?? []
  if (missing.length === 0) return chosen
  throw new HubError('not_found', `${name} has nothing quarantined called ${missing.join(', ')}`)
}

async function differences({ reader }: Context, name: string, tools: ForeignTool[]) {
  const pins = await readPins(reader, name)
  return tools.map((tool) => ({
    tool: tool.name,
    diff: definitionDiff(pins.get(tool.name)?.definition, tool),
  }))
}

async function told(
  tx: Transaction,
  { principal }: Context,
  said: { server: string; what: 'accepted' | 'rejected'; tools: ForeignTool[] },
): Promise<void> {
  tx.about(said.server)
  await tx.event({
    kind: `server.${said.what}`,
    org: principal.orgs[0] ?? '*',
    subject: said.server,
    data: { tools: said.tools.map(({ name }) => name) },
  })
}
