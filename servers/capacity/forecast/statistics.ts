/** Numbers in [0, 1) that are the same for the same seed, so that the same facts give the same forecast. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of them, each as likely as the others. */
export function pick<T>(items: readonly [T, ...T[]], random: () => number): T {
  return items[Math.floor(random() * items.length)] ?? items[0]
}

export const isFilled = <T>(items: readonly T[]): items is readonly [T, ...T[]] => items.length > 0

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** A standard normal value, by Box and Muller. */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/**
 * A forecast meant to come true eight times of ten, with its middle. It spans 92 of 100 rounds, because a
 * history of a few dozen knows less of the extremes than it seems to: that is what simulations showed.
 */
export type Range = { low: number; middle: number; high: number }

export function rangeOf(values: number[]): Range {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    low: quantile(sorted, 0.04),
    middle: quantile(sorted, 0.5),
    high: quantile(sorted, 0.96),
  }
}

/** The value below which that share of the values lies; they have to be sorted. */
function quantile(sorted: readonly number[], share: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))
  return sorted[at] ?? 0
}
