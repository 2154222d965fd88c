import type { Scored } from '../../servers/context/engine/ranking.ts'

/** How well one ranking answers one question, as TREC measures it. */
export type Scores = { ndcg: number; mrr: number; recall: number }

const depth = 10

export function scoresOf(ranking: string[], relevant: Map<string, number>): Scores {
  const top = ranking.slice(0, depth)
  const gain = (score: number, rank: number) => (2 ** score - 1) / Math.log2(rank + 2)
  const dcg = top.reduce((sum, path, rank) => sum + gain(relevant.get(path) ?? 0, rank), 0)
  const ideal = [...relevant.values()]
    .sort((a, b) => b - a)
    .slice(0, depth)
    .reduce((sum, score, rank) => sum + gain(score, rank), 0)
  const first = ranking.findIndex((path) => relevant.has(path))
  const found = top.filter((path) => relevant.has(path)).length
  return {
    ndcg: ideal === 0 ? 0 : dcg / ideal,
    mrr: first < 0 ? 0 : 1 / (first + 1),
    recall: found / relevant.size,
  }
}

/** 95 % interval of a mean, by 1,000 resamples with a fixed start, so that a run can be repeated. */
export function interval(values: number[]): [number, number] {
  let state = 42
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
  const means = Array.from({ length: 1000 }, () => {
    let sum = 0
    for (let at = 0; at < values.length; at++)
      sum += values[Math.floor(random() * values.length)] ?? 0
    return sum / Math.max(1, values.length)
  }).sort((a, b) => a - b)
  return [means[25] ?? 0, means[974] ?? 0]
}

const rrfConstant = 60

/** Reciprocal rank fusion of two ordered lists (Cormack et al., 2009), to compare with. */
export function byRanks(...lists: Scored[][]): Scored[] {
  const sums = new Map<number, Scored>()
  for (const entries of lists) {
    entries.forEach((entry, index) => {
      const known = sums.get(entry.chunk)?.score ?? 0
      sums.set(entry.chunk, { ...entry, score: known + 1 / (rrfConstant + index + 1) })
    })
  }
  return [...sums.values()].sort((a, b) => b.score - a.score || a.chunk - b.chunk)
}

/** Documents by the sum of their three best chunks, each by its best, to compare with. */
export function addedUp(scored: Scored[]): Scored[] {
  const documents = new Map<number, Scored[]>()
  for (const entry of scored)
    documents.set(entry.document, [...(documents.get(entry.document) ?? []), entry])
  return [...documents.values()]
    .flatMap((chunks) => {
      const best = chunks.sort((a, b) => b.score - a.score).slice(0, 3)
      const score = best.reduce((sum, entry) => sum + entry.score, 0)
      return best[0] ? [{ ...best[0], score }] : []
    })
    .sort((a, b) => b.score - a.score)
}
