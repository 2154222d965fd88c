import { isStopWord, split, terms } from './words.ts'

const shortestStart = 4

/** Which servers a request names, and how surely: `memory` is also a word of others. */
export class ServerNames {
  readonly #servers: { server: string; words: string[]; ownership: number }[]

  /** `servers` has one entry for each tool; `toolsWith` says which of them say a term. */
  constructor(servers: string[], toolsWith: (term: string) => number[]) {
    const sizes = new Map<string, number>()
    for (const server of servers) sizes.set(server, (sizes.get(server) ?? 0) + 1)
    this.#servers = [...sizes].map(([server, size]) => {
      const elsewhere = terms(server).map(
        (term) => toolsWith(term).filter((tool) => servers[tool] !== server).length,
      )
      const ownership = size / (size + Math.max(0, ...elsewhere))
      return { server, words: split(server).filter((word) => !isStopWord(word)), ownership }
    })
  }

  /** A server is named in full, or by the first letters of its name: mongo for mongodb. */
  named(asked: string[]): Map<string, number> {
    const isNamed = (word: string) =>
      asked.some(
        (other) => other === word || (other.length >= shortestStart && word.startsWith(other)),
      )
    return new Map(
      this.#servers
        .filter(({ words }) => words.some(isNamed))
        .map(({ server, ownership }) => [server, ownership]),
    )
  }
}
