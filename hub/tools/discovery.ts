import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { Principal } from '../../schemas/principal.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { Visible } from '../discovery/catalog.ts'
import { ToolIndex } from '../discovery/tool-index.ts'

/** The tools that find other tools, for clients that are shown only a few. */
export const discoveryTools = (visible: (principal: Principal) => Visible[]) => [
  defineTool({
    name: 'tool_search',
    title: 'Find tools',
    description:
      'Finds tools for a request in plain words, best first, over everything you may call. Read the chosen one with tool_read, then use tool_call.',
    effect: 'read',
    scope: 'task:read',
    input: {
      query: z.string().min(1).max(500).describe('What you want to do, in plain words'),
      limit: z.int().min(1).max(25).default(5).describe('Most tools to return'),
    },
    output: z.object({
      items: z.array(z.object({ name: z.string(), title: z.string(), description: z.string() })),
      total: z.int().describe('Tools that were searched'),
    }),
    run: async ({ query, limit }, { principal }) => {
      const tools = visible(principal)
      const byName = new Map(tools.map((tool) => [tool.name, tool]))
      const found = indexOf(tools).search(query, limit)
      const items = found.flatMap(({ name }) => byName.get(name) ?? [])
      return {
        items: items.map(({ name, title, description }) => ({
          name,
          title,
          description: firstSentence(description),
        })),
        total: tools.length,
      }
    },
  }),
  defineTool({
    name: 'tool_read',
    title: 'Read a tool',
    description:
      'Shows one tool in full, with the JSON Schema of its arguments. Use tool_search to find its name.',
    effect: 'read',
    scope: 'task:read',
    input: { name: z.string().max(128).describe('Tool name') },
    output: z.object({
      name: z.string(),
      title: z.string(),
      description: z.string(),
      inputSchema: z.looseObject({}),
    }),
    run: async ({ name }, { principal }) => {
      const tools = visible(principal)
      const tool = tools.find((other) => other.name === name)
      if (tool) return { ...tool, inputSchema: { ...tool.inputSchema } }
      const close = nearest(
        name,
        tools.map((other) => other.name),
      )
      throw new HubError('not_found', `there is no tool ${JSON.stringify(name)}`, {
        hint: close ? `Did you mean ${close}?` : 'tool_search finds tools.',
      })
    },
  }),
]

const indexes = new WeakMap<Visible[], ToolIndex>()

/** Listings are kept per set of rights, and so are their indexes. */
function indexOf(tools: Visible[]): ToolIndex {
  const kept = indexes.get(tools)
  if (kept) return kept
  const made = new ToolIndex(
    tools.map((tool) => ({
      ...tool,
      fields: Object.keys((tool.inputSchema as { properties?: object }).properties ?? {}),
    })), // A JSON Schema of an object.
  )
  indexes.set(tools, made)
  return made
}

const firstSentence = (text: string) => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text
