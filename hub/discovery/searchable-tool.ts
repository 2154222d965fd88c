import { isObject } from '../rpc/protocol.ts'
import type { Effect } from './intent.ts'
import { intentByName } from './intent.ts'
import { phrasesFor } from './phrase-book.ts'
import { terms } from './words.ts'

/** What is searched of a tool. */
export type SearchableTool = {
  /** As it is called here. */
  name: string
  /** As its server calls it. */
  own: string
  server: string
  title: string
  description: string
  parameters: { name: string; description: string }[]
  /** What its server says of itself. */
  about: string
  effect?: Effect | undefined
  /** How people ask for what it does, where that is known. */
  phrases: string[]
}

/** A tool as whoever serves it lists it. */
export type ListedTool = Omit<SearchableTool, 'parameters' | 'phrases'> & { inputSchema: object }

/** What is searched of all tools that somebody may call. */
export async function searchableTools(tools: ListedTool[]): Promise<SearchableTool[]> {
  const phrases = await phrasesFor(tools)
  return tools.map((tool) => ({ ...searchableTool(tool), phrases: phrases.get(tool.name) ?? [] }))
}

/** Takes the parameters from a JSON Schema; whoever wrote it may have written anything. */
function searchableTool(tool: ListedTool): Omit<SearchableTool, 'phrases'> {
  const { inputSchema, ...rest } = tool
  const properties = 'properties' in inputSchema ? inputSchema.properties : undefined
  const parameters = isObject(properties)
    ? Object.entries(properties).map(([name, schema]) => ({ name, description: textIn(schema) }))
    : []
  return { ...rest, parameters }
}

/** What a parameter says of itself, after the values or fields that it takes. */
function textIn(schema: unknown): string {
  if (!isObject(schema)) return ''
  const { enum: values, properties } = isObject(schema.items) ? schema.items : schema
  const fieldNames = isObject(properties) ? Object.keys(properties) : []
  return [
    ...(Array.isArray(values) ? values : []).filter((value) => typeof value === 'string'),
    ...fieldNames,
  ]
    .slice(0, longest.values)
    .concat(typeof schema.description === 'string' ? schema.description : [])
    .join(' ')
}

/** How much a word counts by where it stands. Names and titles are chosen to be found by. */
export const weights = {
  name: 1.5,
  title: 3.5,
  /** The first sentence of a description says what happens; what follows says when and how. */
  lead: 2.5,
  rest: 1.4,
  parameter: 1,
  parameterText: 0.3,
  server: 4,
  about: 0.25,
}
export type Field = keyof typeof weights
export const fields = Object.keys(weights) as Field[] // Its own keys.

// What others write has a bound, so that a long text neither costs nor counts more.
const longest = { text: 800, parameters: 60, parameterText: 120, values: 20 }

/** The stems of a tool, by where they stand. */
export function fieldTerms(tool: SearchableTool): Record<Field, string[]> {
  const { own, server, title, description, about } = tool
  const parameters = tool.parameters.slice(0, longest.parameters)
  const serverTerms = terms(server)
  const all = terms(own)
  // `slack_post_message` of a server `slack` says no more than `post_message`.
  const distinct = all.filter((word) => !serverTerms.includes(word))
  const end = /[.!?:](?=\s|$)|\n/.exec(description)?.index ?? description.length
  return {
    name: distinct.length > 0 ? distinct : all,
    title: title === tool.name || title === own ? [] : terms(title),
    lead: terms(description.slice(0, Math.min(end, longest.text))),
    rest: terms(description.slice(end, longest.text)),
    parameter: parameters.flatMap(({ name }) => terms(name)),
    parameterText: parameters.flatMap((field) =>
      terms(field.description.slice(0, longest.parameterText)),
    ),
    server: serverTerms,
    about: terms(about.slice(0, longest.text)),
  }
}

/** What a tool does, as far as it says; the effect of our own is known, but not whether they list. */
export function intentOfTool({ own, effect }: SearchableTool) {
  const named = intentByName(own)
  return effect === undefined || (effect === 'read' && named === 'list') ? named : effect
}
