import type { SearchableTool } from './searchable-tool.ts'
import { fields, fieldTerms, intentOfTool, weights } from './searchable-tool.ts'
import type { Intent } from './intent.ts'
import { fitOf, intentOf, isVerb } from './intent.ts'
import { nearTerms } from './near-terms.ts'
import { serverFits } from './server-fit.ts'
import { ServerNames } from './server-names.ts'
import type { Concept } from './synonyms.ts'
import { conceptsOf } from './synonyms.ts'
import { split, terms } from './words.ts'

export type Found = { name: string; score: number }

/** Where a term stands: tools in ascending order, each with what meeting it there is worth. */
type Postings = { tools: number[]; impacts: number[] }
type Entry = {
  name: string
  server: string
  does: Intent | undefined
  isDeprecated: boolean
  /** Of this hub, or of another hub that offers the same. */
  isOwn: boolean
  /** The same as one of this hub, of another. */
  isTwin: boolean
  /** Stems of its own name, and its words as they are written there. */
  stems: Set<string>
  words: Set<string>
  /** Stems of what its name acts on: all but the verbs. */
  objects: Set<string>
}

const saturation = 4
const lengthShare = 0.5
// A request is short, and a common word of it says nearly as much of what is wanted as a rare one.
const rarityPower = 0.75
const coverage = { share: 0.2, power: 0.6 }
const nameShare = 0.75
const synonym = 0.65
/** Where no tool says the word itself, what stands for it is all there is. */
const onlySynonym = 0.85
/** A name is chosen with care: what stands for its word there counts nearly as the word. */
const synonymInName = 1.25
const firstWord = 1.1
const namedServer = 0.5
const fittingServer = 0.3
const sameForm = 0.04
const deprecated = 0.8
/** A hub has many tools that do what servers behind it do too, and those were added to be used. */
const ownTool = 0.75
/** What a peer offers as this hub does is done here, unless the request names the peer. */
const twin = 0.5
/** What a tool loses that acts on something else than what is asked for; its own tools are told apart by that. */
const otherObject = { own: 0.3, foreign: 0.25 }

/**
 * Finds tools for a request in plain words: BM25F, each field with a length of its own, then what is known
 * of requests: the tool that meets all of it, whose name says nothing else, and which does what is asked
 * for. It is made for hundreds of short texts, where a full-text engine would be more machinery than search.
 */
export class ToolIndex {
  readonly #entries: Entry[]
  readonly #postings = new Map<string, Postings>()
  readonly #servers: ServerNames

  constructor(tools: SearchableTool[]) {
    const texts = tools.map(fieldTerms)
    const means = fields.map(
      (field) => texts.reduce((sum, text) => sum + text[field].length, 0) / (tools.length || 1),
    )
    texts.forEach((text, tool) => {
      fields.forEach((field, at) => {
        const norm = 1 - lengthShare + (lengthShare * text[field].length) / (means[at] || 1)
        for (const word of text[field]) this.#add(word, tool, weights[field] / norm)
      })
    })
    for (const { tools: holders, impacts } of this.#postings.values()) {
      const rest = tools.length - holders.length
      const rarity = Math.log(1 + (rest + 0.5) / (holders.length + 0.5)) ** rarityPower
      impacts.forEach((weight, at) => (impacts[at] = (rarity * weight) / (weight + saturation)))
    }
    const ownNames = new Set(tools.filter(({ name, own }) => name === own).map(({ own }) => own))
    this.#entries = tools.map((tool, at) => ({
      name: tool.name,
      server: tool.server,
      does: intentOfTool(tool),
      isDeprecated: /\bdeprecated\b/i.test(tool.description),
      isOwn: ownNames.has(tool.own),
      isTwin: tool.name !== tool.own && ownNames.has(tool.own),
      stems: new Set(texts[at]?.name),
      words: new Set(split(tool.own)),
      objects: new Set(
        terms(
          split(tool.own)
            .filter((word) => !isVerb(word))
            .join(' '),
        ),
      ),
    }))
    this.#servers = new ServerNames(
      tools.map(({ server }) => server),
      (term) => this.#postings.get(term)?.tools ?? [],
    )
  }

  /** The best tools first. Equal ones stand by name, so that an answer is always the same. */
  search(query: string, limit: number): Found[] {
    const words = split(query)
    const wanted = intentOf(words)
    const standing = this.standing(query)
    const { scores, covered, inName, inObject } = this.#score(conceptsOf(query))
    scores.forEach((score, at) => {
      scores[at] = score * (1 - coverage.share + coverage.share * (covered[at] ?? 0))
    })
    const fits = serverFits(
      this.#entries.map(({ server }) => server),
      scores,
    )
    const found: Found[] = []
    this.#entries.forEach((entry, at) => {
      const score = scores[at] ?? 0
      if (score === 0) return
      const forms = words.filter((word) => entry.words.has(word)).length
      found.push({
        name: entry.name,
        score:
          score *
          (1 + nameShare * Math.min(1, (inName[at] ?? 0) / Math.max(1, entry.stems.size))) *
          (standing[at] ?? 1) *
          (1 + fittingServer * (fits.get(entry.server) ?? 0)) *
          (1 + sameForm * forms) *
          objectFit(entry, inObject[at] ?? 0) *
          fitOf(wanted, entry.does),
      })
    })
    return found
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
      .slice(0, limit)
      .map(({ name, score }) => ({ name, score: Math.round(score * 1000) / 1000 }))
  }

  /** What counts for or against a tool whatever it does: whose it is, and whether the request names its server. */
  standing(query: string): number[] {
    const named = this.#servers.named(split(query))
    return this.#entries.map(
      ({ server, isOwn, isTwin, isDeprecated }) =>
        (1 + namedServer * (named.get(server) ?? 0)) *
        (isOwn ? ownTool : 1) *
        (isTwin && !named.has(server) ? twin : 1) *
        (isDeprecated ? deprecated : 1),
    )
  }

  #add(word: string, tool: number, weight: number): void {
    const known = this.#postings.get(word)
    if (!known) this.#postings.set(word, { tools: [tool], impacts: [weight] })
    else if (known.tools.at(-1) === tool) known.impacts.push((known.impacts.pop() ?? 0) + weight)
    else {
      known.tools.push(tool)
      known.impacts.push(weight)
    }
  }

  /** What each tool scores over all concepts, the share of the request it meets, and how far its name does. */
  #score(concepts: Concept[]) {
    const size = this.#entries.length
    const scores = new Float64Array(size)
    const covered = new Float64Array(size)
    const inName = new Float64Array(size)
    const inObject = new Float64Array(size)
    let total = 0
    concepts.forEach((concept, at) => {
      const best = this.#meet(concept, at === 0 ? firstWord : 1)
      const most = best.impacts.reduce((largest, impact) => Math.max(largest, impact), 0)
      if (most === 0) return
      const weight = most ** coverage.power
      total += weight
      for (let tool = 0; tool < size; tool++) {
        const impact = best.impacts[tool] ?? 0
        if (impact === 0) continue
        scores[tool] = (scores[tool] ?? 0) + impact
        covered[tool] = (covered[tool] ?? 0) + (weight * impact) / most
        inName[tool] = (inName[tool] ?? 0) + (best.names[tool] ?? 0)
        inObject[tool] = Math.max(inObject[tool] ?? 0, best.objects[tool] ?? 0)
      }
    })
    if (total > 0)
      for (let tool = 0; tool < size; tool++) covered[tool] = (covered[tool] ?? 0) / total
    return { scores, covered, inName, inObject }
  }

  /** What one concept gives each tool: of the words that stand for it the best match counts. */
  #meet({ own, others, weight: share }: Concept, lead: number) {
    const factor = lead * share
    const impacts = new Float64Array(this.#entries.length)
    const names = new Float64Array(this.#entries.length)
    const objects = new Float64Array(this.#entries.length)
    let isMet = false
    const add = (term: string, weight: number) => {
      const postings = this.#postings.get(term)
      if (!postings) return
      isMet = true
      const nameWeight = Math.min(1, weight * synonymInName)
      postings.tools.forEach((tool, at) => {
        const impact = (postings.impacts[at] ?? 0) * weight
        if (impact > (impacts[tool] ?? 0)) impacts[tool] = impact
        const entry = this.#entries[tool]
        if (entry?.stems.has(term)) names[tool] = Math.max(names[tool] ?? 0, nameWeight)
        if (entry?.objects.has(term)) objects[tool] = Math.max(objects[tool] ?? 0, nameWeight)
      })
    }
    const isKnown = own !== undefined && this.#postings.has(own)
    if (isKnown) add(own, factor)
    for (const other of others) add(other, factor * (isKnown ? synonym : onlySynonym))
    if (!isMet && own !== undefined)
      for (const near of nearTerms(own, this.#postings)) add(near, factor * synonym)
    return { impacts, names, objects }
  }
}

const objectFit = ({ objects, isOwn }: Entry, met: number): number =>
  objects.size === 0 ? 1 : 1 - (isOwn ? otherObject.own : otherObject.foreign) * (1 - met)
