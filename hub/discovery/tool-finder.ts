import { PhraseIndex } from './phrase-index.ts'
import type { SearchableTool } from './searchable-tool.ts'
import { conceptsOf } from './synonyms.ts'
import type { Found } from './tool-index.ts'
import { ToolIndex } from './tool-index.ts'

/** How much it counts that people ask for a tool so, beside what the tool says of itself. */
const askedShare = 0.7
/** Phrases that are all far from a request say no more of the nearest than this. */
const leastNear = 0.3
/** Where nobody has written down how a tool is asked for, so much of what it says of itself stands for it. */
const longestSaid = 400
const mostSentences = 3

/** Finds tools for a request in plain words, by what they say of themselves and by how people ask for them. */
export class ToolFinder {
  readonly #tools: SearchableTool[]
  readonly #index: ToolIndex
  readonly #phrases: PhraseIndex

  private constructor(tools: SearchableTool[], index: ToolIndex, phrases: PhraseIndex) {
    this.#tools = tools
    this.#index = index
    this.#phrases = phrases
  }

  static async of(tools: SearchableTool[]): Promise<ToolFinder> {
    const phrases = await PhraseIndex.of(tools.map(askedFor))
    return new ToolFinder(tools, new ToolIndex(tools), phrases)
  }

  /** The best tools first, with scores up to 1. Equal ones stand by name, so that an answer is always the same. */
  search(query: string, limit: number): Found[] {
    const byWords = this.#index.search(query, this.#tools.length)
    const best = byWords[0]?.score ?? 1
    const said = new Map(byWords.map(({ name, score }) => [name, score / best]))
    const standing = this.#index.standing(query)
    const asked = this.#phrases
      .scores(query, conceptsOf(query))
      .map((score, at) => score * (standing[at] ?? 1))
    const nearest = asked.reduce((most, score) => Math.max(most, score), leastNear)
    return this.#tools
      .map(({ name }, at) => ({
        name,
        score: (1 - askedShare) * (said.get(name) ?? 0) + (askedShare * (asked[at] ?? 0)) / nearest,
      }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
      .slice(0, limit)
      .map(({ name, score }) => ({ name, score: Math.round(score * 1000) / 1000 }))
  }
}

/** How people ask for a tool: as its phrases say, or else in its own words. */
function askedFor({ phrases, own, title, name, description }: SearchableTool): string[] {
  if (phrases.length > 0) return phrases
  const sentences = description.slice(0, longestSaid).split(/[.!?:\n](?=\s|$)/)
  const said = sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '')
  const called = title === name ? [own] : [own, title]
  const names = called.map((text) => text.slice(0, longestSaid).replace(/[_-]/g, ' '))
  return [...names, ...said.slice(0, mostSentences)]
}
