/**
 * The candidate closest to `word` by edit distance, when it is close enough to be a typing slip: one
 * slip in every three letters, so that of a word of two any other word is as far as can be. Case, and
 * what stands between words, makes no difference, and their order is one slip.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const meant = folded(word)
  let best: string | undefined
  let bestDistance = Math.floor(word.length / 3) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = wordsDistance(meant, folded(candidate), bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

const folded = (text: string): string => text.toLowerCase().replace(/[-. ]/g, '_')

function wordsDistance(a: string, b: string, limit: number): number {
  const asTheyStand = editDistance(a, b, limit)
  if (asTheyStand === 0 || !a.includes('_') || !b.includes('_')) return asTheyStand
  return Math.min(asTheyStand, editDistance(inOrder(a), inOrder(b), limit) + 1)
}

const inOrder = (text: string): string => text.split('_').sort().join('_')

/** Letters to add, drop, change or swap with the next one; given up (as `limit`) once it cannot be less. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity
      current[j] = Math.min((last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution, swap)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? limit
}
