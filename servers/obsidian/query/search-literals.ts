import type { Query } from './search-parser.ts'

/** Text that a part of a note has to hold. */
export type Literal = { text: string; matchCase: boolean }

/**
 * Texts of which at least one stands in every part that fits a search, or undefined where nothing
 * can be said. They tell which parts are worth a look; they never leave out one that fits.
 */
export function literalsOf(query: Query): Literal[] | undefined {
  switch (query.kind) {
    case 'text':
      return query.text === '' ? undefined : [{ text: query.text, matchCase: query.matchCase }]
    case 'and':
      return query.parts
        .map(literalsOf)
        .filter((literals) => literals !== undefined)
        .reduce<Literal[] | undefined>(
          (best, other) => (best ? rarer(best, other) : other),
          undefined,
        )
    case 'or': {
      const all = query.parts.map(literalsOf)
      return all.every((literals) => literals !== undefined) ? all.flat() : undefined
    }
    case 'scope':
      return query.scope === 'content' ? literalsOf(query.part) : undefined
    case 'all':
    case 'not':
    case 'regex':
    case 'tag':
    case 'property':
      return undefined
  }
}

/** Longer texts stand in fewer places. */
const rarer = (a: Literal[], b: Literal[]): Literal[] => (shortest(a) >= shortest(b) ? a : b)
const shortest = (literals: Literal[]): number =>
  Math.min(...literals.map(({ text }) => text.length))
