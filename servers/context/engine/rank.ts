/** A chunk that fits, with its score: larger is better. */
export type Scored = { chunk: number; document: number; score: number }

export type Prior = { path: string; modifiedAt: number; inlinks: number }

const bestChunks = 3
const dayMs = 86_400_000
const halfLifeDays = 180
const weights = { inlinks: 0.02, recency: 0.03, near: 0.15 }

/**
 * Orders chunks by what their documents score: the sum of a document's three best chunks, since a
 * document that fits in several places is more likely meant than one that fits once. Priors move
 * equals only: notes that others link to, what is young, and what lies near the work at hand.
 */
export function rankChunks(
  scored: Scored[],
  prior: (document: number) => Prior | undefined,
  options: { now: number; near: string[] },
): Scored[] {
  const documents = new Map<number, Scored[]>()
  for (const entry of scored)
    documents.set(entry.document, [...(documents.get(entry.document) ?? []), entry])
  const ranked = [...documents].map(([document, chunks]) => {
    const best = chunks.sort((a, b) => b.score - a.score || a.chunk - b.chunk)
    const sum = best.slice(0, bestChunks).reduce((total, { score }) => total + score, 0)
    const known = prior(document)
    const factor = known ? 1 + priorOf(known, options) : 1
    return { document, chunks: best, score: sum * factor }
  })
  ranked.sort((a, b) => b.score - a.score || a.document - b.document)
  // One chunk of each document in turn: the best of each first.
  const result: Scored[] = []
  for (let round = 0; round < bestChunks; round++) {
    for (const { chunks, score } of ranked) {
      const chunk = chunks[round]
      const share = chunk && chunks[0] ? chunk.score / chunks[0].score : 0
      if (chunk && (round === 0 || share > 0.5))
        result.push({ ...chunk, score: round === 0 ? score : score * share * 0.6 })
    }
  }
  return result.sort((a, b) => b.score - a.score || a.chunk - b.chunk)
}

function priorOf(
  { path, modifiedAt, inlinks }: Prior,
  { now, near }: { now: number; near: string[] },
): number {
  const ageDays = Math.max(0, now - modifiedAt) / dayMs
  const isNear = near.some((other) => path === other || folderOf(path) === folderOf(other))
  return (
    weights.inlinks * Math.log2(1 + inlinks) +
    weights.recency * 0.5 ** (ageDays / halfLifeDays) +
    (isNear ? weights.near : 0)
  )
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)

const rrfConstant = 60

/** Reciprocal rank fusion of ordered lists, each with its weight (Cormack et al., 2009). */
export function fuse(lists: { entries: Scored[]; weight: number }[]): Scored[] {
  const sums = new Map<number, Scored>()
  for (const { entries, weight } of lists) {
    entries.forEach((entry, index) => {
      const known = sums.get(entry.chunk) ?? { ...entry, score: 0 }
      known.score += weight / (rrfConstant + index + 1)
      sums.set(entry.chunk, known)
    })
  }
  return [...sums.values()].sort((a, b) => b.score - a.score || a.chunk - b.chunk)
}
