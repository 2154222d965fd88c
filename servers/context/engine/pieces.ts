import type { ContextHit } from '../../../schemas/context.ts'

const duplicateShare = 0.7
const mergedTokens = 900

export const fileOf = ({ source, path }: ContextHit): string => `${source}\n${path}`

/** Pieces of one file that follow on each other become one, at the place of the better. */
export function merge(hits: ContextHit[]): ContextHit[] {
  const merged: ContextHit[] = []
  for (const hit of hits) {
    const at = merged.findIndex(
      (other) =>
        fileOf(other) === fileOf(hit) &&
        (other.line1 + 1 === hit.line0 || hit.line1 + 1 === other.line0) &&
        other.tokens + hit.tokens < mergedTokens,
    )
    const other = merged[at]
    if (!other) {
      merged.push(hit)
      continue
    }
    const [first, second] = other.line0 < hit.line0 ? [other, hit] : [hit, other]
    const heading =
      first.heading === second.heading || second.heading.startsWith(first.heading)
        ? first.heading
        : `${first.heading} · ${second.heading}`
    const lines = `${first.line0}-${second.line1}`
    merged[at] = {
      ...first,
      line1: second.line1,
      heading,
      text: `${first.text}\n${second.text}`,
      tokens: first.tokens + second.tokens,
      score: Math.max(first.score, second.score),
      cite: `${first.path}:${lines}@${first.revision}`,
    }
  }
  return merged
}

/** Leaves out what says mostly what a better one says, by the words in a row that they share. */
export function distinct(hits: ContextHit[]): ContextHit[] {
  const kept: { hit: ContextHit; shingles: Set<string> }[] = []
  for (const hit of hits) {
    const shingles = shinglesOf(hit.text)
    const isKnown = kept.some(({ shingles: other }) => overlap(shingles, other) > duplicateShare)
    if (!isKnown) kept.push({ hit, shingles })
  }
  return kept.map(({ hit }) => hit)
}

function shinglesOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
  const shingles = new Set<string>()
  for (let at = 0; at + 4 <= words.length; at++) shingles.add(words.slice(at, at + 4).join(' '))
  return shingles.size > 0 ? shingles : new Set([words.join(' ')])
}

function overlap(a: Set<string>, b: Set<string>): number {
  let shared = 0
  for (const shingle of a) if (b.has(shingle)) shared++
  return shared / Math.min(a.size, b.size)
}
