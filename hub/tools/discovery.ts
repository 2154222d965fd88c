import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { Principal } from '../../schemas/principal.ts'
import { defineTool } from '../../servers/kit/tool.ts'
import type { Embedding } from '../../servers/context/engine/embedder.ts'
import type { SearchableTool } from '../discovery/searchable-tool.ts'
import { searchableTools } from '../discovery/searchable-tool.ts'
import type { Visible } from '../discovery/catalog.ts'
import { ToolFinder } from '../discovery/tool-finder.ts'
import type { Nearest } from '../discovery/tool-vectors.ts'
import { fuse, ToolVectors } from '../discovery/tool-vectors.ts'

type Sources = {
  visible(principal: Principal): Visible[]
  /** Why nobody serves a name that a server has a tool for. */
  unserved(principal: Principal, name: string): HubError | undefined
  embedding(): Embedding | undefined
}

/** The tools that find other tools, for clients that are shown only a few. */
export const discoveryTools = (sources: Sources) => {
  const vectors = new ToolVectors(sources.embedding)
  return [toolSearch(sources.visible, vectors), toolRead(sources)]
}

const toolSearch = (visible: Sources['visible'], vectors: ToolVectors) =>
  defineTool({
    name: 'tool_search',
    title: 'Find tools',
    description:
      'Finds tools for a request in plain words, best first, over everything you may call, of this hub and of the servers behind it. Read the chosen one with tool_read, then use tool_call.',
    effect: 'read',
    scope: 'task:read',
    input: {
      query: z
        .string()
        .min(1)
        .max(500)
        .describe('What should be done to what, as "comment on an issue"; a server may be named'),
      limit: z.int().min(1).max(25).default(5).describe('Most tools to return'),
    },
    output: z.object({
      items: z.array(
        z.object({
          name: z.string(),
          title: z.string().optional().describe('Where the tool has one'),
          description: z.string().describe('Its first sentence'),
        }),
      ),
      total: z.int().describe('Tools that were searched'),
      vectors: z
        .enum(['none', 'building', 'failed', 'used'])
        .describe('Whether an embedding model took part; by words alone unless used'),
      hint: z.string().optional(),
    }),
    run: async ({ query, limit }, { principal }) => {
      const tools = visible(principal)
      const { described, finder, byName } = await searchable(tools)
      const near = await vectors.search(described, query)
      const found =
        near.state === 'used'
          ? fuse(finder.search(query, described.length), near.found).slice(0, limit)
          : finder.search(query, limit)
      const items = found.flatMap(({ name }) => byName.get(name) ?? [])
      return {
        items: items.map(({ name, title, description }) => ({
          name,
          ...(title === name ? {} : { title }),
          description: firstSentence(description),
        })),
        total: tools.length,
        vectors: near.state,
        ...hintFor(items, tools, near),
      }
    },
  })

const toolRead = ({ visible, unserved }: Omit<Sources, 'embedding'>) =>
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
      if (tool) {
        const { title, description, inputSchema } = tool
        return { name, title, description, inputSchema: { ...inputSchema } }
      }
      const why = unserved(principal, name)
      if (why) throw why
      const close = nearest(
        name,
        tools.map((other) => other.name),
      )
      throw new HubError('not_found', `there is no tool ${JSON.stringify(name)}`, {
        hint: close ? `Did you mean ${close}?` : 'tool_search finds tools.',
      })
    },
  })

type Searchable = { described: SearchableTool[]; finder: ToolFinder; byName: Map<string, Visible> }
const made = new WeakMap<Visible[], Promise<Searchable>>()

/** Listings are kept per set of rights, and so are their indexes. */
function searchable(tools: Visible[]): Promise<Searchable> {
  const kept = made.get(tools)
  if (kept) return kept
  const fresh = make(tools)
  made.set(tools, fresh)
  fresh.catch(() => made.delete(tools)) // The next search tries again; this one says why it failed.
  return fresh
}

async function make(tools: Visible[]): Promise<Searchable> {
  const described = await searchableTools(tools)
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  return { described, finder: await ToolFinder.of(described), byName }
}

/** What to do where nothing was found, or why meaning took no part. */
function hintFor(items: Visible[], tools: Visible[], near: Nearest): { hint?: string } {
  if (items.length === 0) {
    const servers = [...new Set(tools.map(({ server }) => server))].slice(0, mostServers)
    return {
      hint: `No tool says any of these words. Say what should be done to what, in English, as "create an issue"; or ask for one of: ${servers.join(', ')}.`,
    }
  }
  return near.state === 'failed' ? { hint: `Found by words alone: ${near.reason}.` } : {}
}

const mostServers = 20
const longestSentence = 240

/** The first sentence, within a bound: some descriptions are one sentence of a page. */
function firstSentence(text: string): string {
  const sentence = /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text
  if (sentence.length <= longestSentence) return sentence
  return `${sentence.slice(0, longestSentence).replace(/\s\S*$/, '')} …`
}
