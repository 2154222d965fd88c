/**
 * The chunks with the highest scores, in no order but that the first has the lowest of them: a heap, so that
 * the many that do not count cost one comparison each.
 */
export function highest(chunks: Uint32Array, scores: Float32Array, most: number): number[] {
  const heap: number[] = []
  const score = (at: number) => scores[heap[at] ?? 0] ?? 0
  const sink = (from: number) => {
    for (let at = from; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && score(child) < score(least)) least = child
      if (least === at) return
      ;[heap[at], heap[least]] = [heap[least] ?? 0, heap[at] ?? 0]
      at = least
    }
  }
  for (const chunk of chunks) {
    if (heap.length < most) {
      heap.push(chunk)
      if (heap.length === most) for (let at = most >> 1; at >= 0; at--) sink(at)
    } else if ((scores[chunk] ?? 0) > score(0)) {
      heap[0] = chunk
      sink(0)
    }
  }
  return heap
}
