import type { Embedding } from '../../servers/context/engine/embedder.ts'
import { embed } from '../../servers/context/engine/embedder.ts'
import type { SearchableTool } from './searchable-tool.ts'
import type { Found } from './tool-index.ts'

/** What vectors say of a request, or why they say nothing. */
export type Nearest =
  | { state: 'none' | 'building' }
  | { state: 'failed'; reason: string }
  | { state: 'used'; found: Found[] }

const batch = 16
const batchTimeoutMs = 60_000
const queryTimeoutMs = 2000
const mostKept = 20_000
const longestText = 200
const mostPhrases = 8
const nearest = 100

/**
 * Vectors of tools, where an embedding model is configured. They are made behind the first search that
 * wants them, which does not wait, and stay in memory: some hundred texts are made again in seconds.
 */
export class ToolVectors {
  readonly #embedding: () => Embedding | undefined
  #model = ''
  readonly #byText = new Map<string, number[]>()
  #isBuilding = false
  #problem: string | undefined

  constructor(embedding: () => Embedding | undefined) {
    this.#embedding = embedding
  }

  /** The tools nearest in meaning to a request, by cosine. */
  async search(tools: SearchableTool[], query: string): Promise<Nearest> {
    const embedding = this.#embedding()
    if (!embedding) return { state: 'none' }
    const model = `${embedding.provider}/${embedding.model} ${embedding.url}`
    if (model !== this.#model || this.#byText.size > mostKept) this.#byText.clear()
    this.#model = model
    const missing = tools.map(textOf).filter((text) => !this.#byText.has(text))
    if (missing.length > 0) {
      const reason = this.#problem
      if (!this.#isBuilding) void this.#make(embedding, model, [...new Set(missing)])
      return reason === undefined ? { state: 'building' } : { state: 'failed', reason }
    }
    try {
      const [vector = []] = (await embed(embedding, [query], queryTimeoutMs)).map(toUnit)
      const found = tools.map((tool) => ({
        name: tool.name,
        score: dot(vector, this.#byText.get(textOf(tool)) ?? []),
      }))
      found.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
      return { state: 'used', found: found.slice(0, nearest) }
    } catch (error) {
      return { state: 'failed', reason: messageOf(error) }
    }
  }

  /** Never rejects: the next search says what was wrong, and tries again. */
  async #make(embedding: Embedding, model: string, texts: string[]): Promise<void> {
    this.#isBuilding = true
    try {
      for (let at = 0; at < texts.length; at += batch) {
        const some = texts.slice(at, at + batch)
        const vectors = await embed(embedding, some, batchTimeoutMs)
        if (this.#model !== model) return
        some.forEach((text, index) => this.#byText.set(text, toUnit(vectors[index] ?? [])))
      }
      this.#problem = undefined
    } catch (error) {
      this.#problem = messageOf(error)
    } finally {
      this.#isBuilding = false
    }
  }
}

/** How much vectors count against words: more where one stands out from the rest. */
const share = { least: 0.2, most: 0.4, slope: 0.3 }

/**
 * One list of what words and what vectors found, each brought to one scale and added. Vectors that are all
 * about equally near say little, so their share grows with the lead of the nearest, as in the context
 * store.
 */
export function fuse(byWords: Found[], byMeaning: Found[]): Found[] {
  const best = byWords[0]?.score ?? 1
  const [top = 1, next = top, last = 0] = [0, 1, -1].map((at) => byMeaning.at(at)?.score)
  const range = top - last || 1
  const part = Math.min(share.most, share.least + (share.slope * (top - next)) / range)
  const sums = new Map(byWords.map(({ name, score }) => [name, ((1 - part) * score) / best]))
  for (const { name, score } of byMeaning)
    sums.set(name, (sums.get(name) ?? 0) + (part * (score - last)) / range)
  return [...sums]
    .map(([name, score]) => ({ name, score }))
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
}

/** How people ask for a tool comes nearer to what they will ask than what it says of itself. */
const textOf = ({ server, own, name, title, description, phrases }: SearchableTool): string => {
  const called = title === name ? own.replace(/[_-]/g, ' ') : title
  const asked = phrases.slice(0, mostPhrases).join('; ')
  return `${server}: ${called}. ${description.slice(0, longestText)} ${asked}`.trimEnd()
}

const toUnit = (values: number[]): number[] => {
  const length = Math.hypot(...values) || 1
  return values.map((value) => value / length)
}

const dot = (a: number[], b: number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
