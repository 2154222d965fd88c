/** A chunk that fits, with its score: larger is better. */
export type Scored = { chunk: number; document: number; score: number }

export type Prior = { path: string; modifiedAt: number; inlinks: number }

const chunksEach = 3
const dayMs = 86_400_000
const halfLifeDays = 180
const weights = { inlinks: 0.02, recency: 0.03, near: 0.15 }

/**
 * Orders chunks by what their documents score, which is what the best chunk of each does: adding up more
 * of them favours long documents, and cost a third of nDCG over 3,957 questions. Priors move equals only:
 * notes that others link to, what is young, and what lies near the work at hand.
 */
export function rankChunks(
  scored: Scored[],
  prior: (document: number) => Prior | undefined,
  options: { now: number; near: string[] },
): Scored[] {
  const documents = new Map<number, Scored[]>()
  for (const entry of scored) {
    const chunks = documents.get(entry.document)
    if (chunks) chunks.push(entry)
    else documents.set(entry.document, [entry])
  }
  const result: Scored[] = []
  for (const [document, chunks] of documents) {
    chunks.sort((a, b) => b.score - a.score || a.chunk - b.chunk)
    const best = chunks[0]?.score ?? 0
    const known = prior(document)
    const score = best * (known ? 1 + priorOf(known, options) : 1)
    // More of a document follows where it is nearly as good, behind the first of others.
    chunks.slice(0, chunksEach).forEach((chunk, round) => {
      const share = best === 0 ? 0 : chunk.score / best
      if (round === 0) result.push({ ...chunk, score })
      else if (share > 0.5) result.push({ ...chunk, score: score * share * 0.6 })
    })
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

/** How much vectors count against words: little, and more where one stands out from the rest. */
const share = { least: 0.05, most: 0.4, slope: 0.5 }

/**
 * One list of what words found and what vectors found, best first in both. Scores are brought to one scale
 * (words by the best, vectors between the best and the last) and added: ranks alone would forget how much
 * better the best is. Vectors that are all about equally near say little, so their share grows with the
 * lead of the nearest.
 */
export function combine(words: Scored[], vectors: Scored[]): Scored[] {
  const best = words[0]?.score ?? 1
  const [top = 1, next = top, last = 0] = [0, 1, -1].map((at) => vectors.at(at)?.score)
  const range = top - last || 1
  const part = Math.min(share.most, share.least + (share.slope * (top - next)) / range)
  const sums = new Map<number, Scored>()
  for (const entry of words)
    sums.set(entry.chunk, { ...entry, score: ((1 - part) * entry.score) / best })
  for (const entry of vectors) {
    const known = sums.get(entry.chunk)?.score ?? 0
    sums.set(entry.chunk, { ...entry, score: known + (part * (entry.score - last)) / range })
  }
  return [...sums.values()].sort((a, b) => b.score - a.score || a.chunk - b.chunk)
}
