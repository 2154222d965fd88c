export type Rotate = (vector: ArrayLike<number>) => Float32Array

/**
 * A rotation that spreads what a vector says evenly over its dimensions, so that their signs alone tell much of
 * it: random signs, then a fast Walsh-Hadamard transform, twice. The same for each start of the hub.
 * `size` is the number of dimensions after it, a power of two and at least 16.
 */
export function rotation(dimensions: number): { size: number; rotate: Rotate } {
  const size = Math.max(16, 2 ** Math.ceil(Math.log2(dimensions)))
  let state = 1
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
  const signs = [0, 1].map(() =>
    Float32Array.from({ length: size }, () => (random() < 0.5 ? -1 : 1)),
  )
  const rotate: Rotate = (vector) => {
    const values = new Float32Array(size)
    for (let at = 0; at < vector.length; at++) values[at] = vector[at] ?? 0
    for (const round of signs) {
      for (let at = 0; at < size; at++) values[at] = (values[at] ?? 0) * (round[at] ?? 1)
      transform(values)
    }
    return values
  }
  return { size, rotate }
}

/** The Walsh-Hadamard transform in place, without its scale, which signs do not need. */
function transform(values: Float32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let from = 0; from < values.length; from += half * 2) {
      for (let at = from; at < from + half; at++) {
        const [a, b] = [values[at] ?? 0, values[at + half] ?? 0]
        values[at] = a + b
        values[at + half] = a - b
      }
    }
  }
}
