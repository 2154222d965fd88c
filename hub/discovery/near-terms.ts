const shortest = 5
const mostFound = 4

/**
 * What an unknown word may be: two known words written as one, the start of a longer one, or one letter
 * away. Only words that no tool says are looked for so, since each costs a pass over all known ones.
 */
export function nearTerms(word: string, known: Map<string, unknown>): string[] {
  if (word.length < shortest) return []
  for (let at = word.length - 3; at >= 3; at--) {
    const parts = [word.slice(0, at), word.slice(at)]
    if (parts.every((part) => known.has(part))) return parts
  }
  const found: string[] = []
  for (const term of known.keys()) {
    if (term[0] !== word[0] || Math.abs(term.length - word.length) > shortest) continue
    const isPart = term.length >= shortest && (term.startsWith(word) || word.startsWith(term))
    if (isPart || isOneEditAway(word, term)) found.push(term)
    if (found.length === mostFound) break
  }
  return found
}

/** One letter more, less, other, or two exchanged; the ends that agree are skipped. */
function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || b.length < shortest - 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  const most = Math.min(a.length, b.length) - start
  while (end < most && a.at(-1 - end) === b.at(-1 - end)) end++
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  if (left.length <= 1 && right.length <= 1) return true
  return left.length === 2 && right === `${left[1]}${left[0]}`
}
