const counted = 8

/**
 * How well each server as a whole meets a request, 1 for the best: the mean of its best tools' scores. A
 * request about tables is one for the server that is all about tables, not for one that mentions them once.
 */
export function serverFits(servers: string[], scores: Float64Array): Map<string, number> {
  const best = new Map<string, number[]>()
  servers.forEach((server, tool) => {
    const known = best.get(server)
    if (known) known.push(scores[tool] ?? 0)
    else best.set(server, [scores[tool] ?? 0])
  })
  const means = [...best].map(([server, all]): [string, number] => {
    const top = all.sort((a, b) => b - a).slice(0, counted)
    return [server, top.reduce((sum, score) => sum + score, 0) / counted]
  })
  const most = Math.max(...means.map(([, mean]) => mean)) || 1
  return new Map(means.map(([server, mean]) => [server, mean / most]))
}
