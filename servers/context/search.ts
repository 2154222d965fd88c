import { z } from 'zod'
import { ContextHit, ContextState, Engines, Packed, SourceKind } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import type { SearchRequest } from '../kit/context-index.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import type { SourceRow } from './store/sources.ts'
import { findSource, visibleSources } from './visible-sources.ts'
import { hitsText } from './texts.ts'

const asking = {
  query: z
    .string()
    .trim()
    .min(1)
    .max(4000)
    .describe('Question or words, in any language; also names from code'),
  sources: z
    .array(z.string().max(4096))
    .max(50)
    .optional()
    .describe('Only these sources, by id, name or path'),
  kinds: z.array(SourceKind).max(8).optional().describe('Only these kinds of source'),
  near: z
    .array(z.string().max(1000))
    .max(20)
    .optional()
    .describe('Paths you are at work on; what lies near them comes first among equals'),
  org: Org.optional().describe('Org whose context to search; default: your own'),
}

/** With its tokens, which only the index's own thread could count: the table for it is large. */
const nothingTaken = {
  text: 'nothing was taken into the context store yet; context_ingest does it',
  tokens: 14,
}

const degradedField = z
  .array(z.string())
  .describe('What could not be used, and why; empty when all was')

export const contextSearch = defineTool({
  name: 'context_search',
  title: 'Search context',
  description:
    'Finds pieces of repositories, notes, specs, logs, changes and decisions that bear on a question, each cited as path:lines@revision. Use context_pack for text to start work from, note_search to search one vault by operators.',
  effect: 'read',
  scope: 'context:read',
  input: {
    ...asking,
    limit: z.int().min(1).max(50).default(10).describe('Most pieces to return'),
    excerpt_chars: z
      .int()
      .min(0)
      .max(4000)
      .default(600)
      .describe('Most characters of each piece, or half as many tokens'),
  },
  output: z.object({
    items: z.array(ContextHit),
    state: ContextState,
    engines: Engines,
    degraded: degradedField,
    searched: z.int().describe('Number of sources searched'),
    tookMs: z.number(),
  }),
  text: hitsText,
  run: async ({ limit, excerpt_chars: chars, ...asked }, ctx) => {
    const { request, state, problems } = await requestFor(ctx, asked)
    if (!request)
      return { items: [], state, engines: [], degraded: problems, searched: 0, tookMs: 0 }
    const { hits, engines, degraded, tookMs } = await ctx.context.search({ ...request, limit })
    const items = hits.map((hit) => excerptOf(hit, chars))
    return {
      items,
      state,
      engines,
      degraded: [...problems, ...degraded],
      searched: request.sources.length,
      tookMs,
    }
  },
})

/** A character of some scripts is a token, of others a quarter: whichever limit comes first cuts. */
function excerptOf(hit: ContextHit, chars: number): ContextHit {
  const { text, tokens } = hit
  const most = Math.min(chars, Math.floor(((chars / 2) * text.length) / Math.max(1, tokens)))
  return text.length > most ? { ...hit, text: `${text.slice(0, most)}…` } : hit
}

export const contextPack = defineTool({
  name: 'context_pack',
  title: 'Pack context',
  description:
    'Bundles what bears on a task into one text that never passes a number of tokens: the best in full, more in outline, the rest cited, without repeating itself, and a list of what was left out. The same index gives the same bytes. Use it before work begins.',
  effect: 'read',
  scope: 'context:read',
  input: {
    ...asking,
    max_tokens: z
      .int()
      .min(200)
      .max(100_000)
      .default(4000)
      .describe('Most tokens (o200k_base) of all that a model is sent'),
  },
  output: z.object({
    text: z.string(),
    tokens: z.int().describe('Tokens of the text, which is all that a model is sent'),
    state: ContextState,
    items: z.array(Packed),
    omitted: z
      .object({ count: z.int(), tokens: z.int(), cites: z.array(z.string()) })
      .describe('What was found and had no room, with the best of it'),
    engines: Engines,
    degraded: degradedField,
    generation: z.int().describe('Grows with each change of the index'),
  }),
  text: ({ text }) => text,
  run: async ({ max_tokens: maxTokens, ...asked }, ctx) => {
    const { request, state, problems } = await requestFor(ctx, asked)
    if (request) return { state, ...(await ctx.context.pack({ ...request, maxTokens, problems })) }
    return {
      ...nothingTaken,
      state,
      items: [],
      omitted: { count: 0, tokens: 0, cites: [] },
      engines: [],
      degraded: problems,
      generation: 0,
    }
  },
})

type Asked = {
  query: string
  sources?: string[] | undefined
  kinds?: SourceKind[] | undefined
  near?: string[] | undefined
  org?: string | undefined
}

/** Which sources are asked, of one org, and what is not right with them. */
async function requestFor(
  ctx: Context,
  { query, sources, kinds, near, org }: Asked,
): Promise<{
  request: Omit<SearchRequest, 'limit'> | undefined
  state: ContextState
  problems: string[]
}> {
  const rows =
    sources === undefined
      ? await visibleSources(ctx, org)
      : await Promise.all(sources.map((asked) => findSource(ctx, asked)))
  const chosen = rows.filter(({ kind }) => kinds === undefined || kinds.includes(kind))
  const orgs = [...new Set(chosen.map((row) => row.org))]
  if (orgs.length > 1) {
    throw new HubError('ambiguous', `these sources belong to several orgs: ${orgs.join(', ')}`, {
      hint: 'Pass `org`, or sources of one org.',
    })
  }
  const [owner] = orgs
  if (owner === undefined)
    return {
      request: undefined,
      state: 'empty',
      problems: [nothingTaken.text],
    }
  const problems = chosen.flatMap(problemOf)
  return {
    request: {
      org: owner,
      sources: chosen.map(({ id, kind, trust }) => ({ id, kind, trust })),
      query,
      near,
      now: ctx.now(),
    },
    state: chosen.some((row) => row.state === 'pending') ? 'reading' : 'ready',
    problems,
  }
}

const problemOf = ({ name, state, problem }: SourceRow): string[] =>
  problem !== null
    ? [`${name}: ${problem}`]
    : state === 'pending'
      ? [`${name} is still being read`]
      : []
