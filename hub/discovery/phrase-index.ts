import { setImmediate } from 'node:timers/promises'
import { literalKinds } from './literals.ts'
import type { Concept } from './synonyms.ts'
import { stems } from './words.ts'

/** What a word that stands for the one of a request counts. */
const synonym = 0.3
/** A word that few phrases have is no surer sign than one that some have. */
const damping = 5
/** How the nearest phrases of a tool count, the nearest first: several that are near say more than one. */
const shares = [0.4, 0.2, 0.1, 0.1, 0.1, 0.1]
const toolsPerSlice = 8

/**
 * Finds tools by how people ask for them: the cosine of a request and each phrase, over their stems
 * weighted by rarity. Here small words count too (`what is in it` asks for something else than `put it in`),
 * and examples by their kind: one file is as good as another.
 */
export class PhraseIndex {
  readonly #size: number
  /** The tool of each phrase, and the length of the phrase as a vector. */
  readonly #tools: number[] = []
  #lengths = new Float64Array()
  /** Of the request that is looked for with each phrase; all 0 in between. */
  #products = new Float64Array()
  /** What the nearest phrases of each tool can count at most: it may have few. */
  readonly #most: number[]
  readonly #phrasesWith = new Map<string, number[]>()
  readonly #rarities = new Map<string, number>()

  private constructor(phrases: string[][]) {
    this.#size = phrases.length
    this.#most = phrases.map(({ length }) => shares.slice(0, length).reduce((a, b) => a + b, 0))
  }

  /** `phrases`: how people ask for each tool; a tool may have none. Others have their turn meanwhile. */
  static async of(phrases: string[][]): Promise<PhraseIndex> {
    const index = new PhraseIndex(phrases)
    for (const [tool, all] of phrases.entries()) {
      for (const phrase of all) index.#add(phrase, tool)
      if (tool % toolsPerSlice === 0) await setImmediate()
    }
    index.#weigh()
    return index
  }

  /** How near each tool's phrases come to a request, from 0 to 1. */
  scores(query: string, concepts: Concept[]): Float64Array {
    const others = new Map(concepts.map(({ own, others: words }) => [own, words]))
    const products = this.#products
    let square = 0
    for (const term of termsOf(query)) {
      square += (this.#rarities.get(term) ?? this.#rarityOf(0)) ** 2
      for (const [at, product] of this.#meet(term, others.get(term) ?? []))
        products[at] = (products[at] ?? 0) + product
    }
    const nearest = new Float64Array(this.#size * shares.length)
    this.#tools.forEach((tool, at) => {
      const product = products[at] ?? 0
      if (product === 0) return
      products[at] = 0
      insert(nearest, tool, product / (Math.sqrt(square) * (this.#lengths[at] ?? 1)))
    })
    return Float64Array.from(this.#most, (most, tool) => {
      const start = tool * shares.length
      const sum = shares.reduce((all, share, at) => all + share * (nearest[start + at] ?? 0), 0)
      return sum / (most || 1)
    })
  }

  #add(phrase: string, tool: number): void {
    const at = this.#tools.push(tool) - 1
    for (const term of termsOf(phrase)) {
      const known = this.#phrasesWith.get(term)
      if (known) known.push(at)
      else this.#phrasesWith.set(term, [at])
    }
  }

  /** Rarities, and with them lengths, are known once all phrases are. */
  #weigh(): void {
    const squares = new Float64Array(this.#tools.length)
    for (const [term, holders] of this.#phrasesWith) {
      const rarity = this.#rarityOf(holders.length)
      this.#rarities.set(term, rarity)
      for (const at of holders) squares[at] = (squares[at] ?? 0) + rarity ** 2
    }
    this.#lengths = squares.map(Math.sqrt)
    this.#products = new Float64Array(this.#tools.length)
  }

  /** What a term adds to the product of the request with each phrase that has it, or a word for it. */
  #meet(term: string, others: Iterable<string>): Map<number, number> {
    const met = new Map<number, number>()
    const rarity = this.#rarities.get(term)
    if (rarity !== undefined)
      for (const at of this.#phrasesWith.get(term) ?? []) met.set(at, rarity ** 2)
    for (const other of others) {
      const product = synonym * (this.#rarities.get(other) ?? 0) ** 2
      for (const at of this.#phrasesWith.get(other) ?? [])
        if (product > (met.get(at) ?? 0)) met.set(at, product)
    }
    return met
  }

  #rarityOf(holders: number): number {
    return Math.log(1 + this.#tools.length / (holders + damping))
  }
}

/** Puts a score where it belongs among the best of its tool, which stand in order. */
function insert(best: Float64Array, tool: number, score: number): void {
  const start = tool * shares.length
  let at = start + shares.length - 1
  if (score <= (best[at] ?? 0)) return
  for (; at > start && (best[at - 1] ?? 0) < score; at--) best[at] = best[at - 1] ?? 0
  best[at] = score
}

const termsOf = (text: string) => new Set([...stems(text), ...literalKinds(text)])
