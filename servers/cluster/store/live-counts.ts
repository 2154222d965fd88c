import type { Reader } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** How many pods are live, by org and by cluster. */
export type LiveCounts = {
  all: number
  byOrg: Map<string, number>
  byCluster: Map<string, number>
}

export async function countLive(reader: Reader): Promise<LiveCounts> {
  const rows = await reader.all<{ org: string; cluster: string; count: number }>(
    'SELECT org, cluster, count(*) AS count FROM pods WHERE ended_at IS NULL GROUP BY org, cluster',
  )
  const counts: LiveCounts = { all: 0, byOrg: new Map(), byCluster: new Map() }
  for (const { org, cluster, count } of rows) {
    counts.all += count
    counts.byOrg.set(org, (counts.byOrg.get(org) ?? 0) + count)
    counts.byCluster.set(cluster, (counts.byCluster.get(cluster) ?? 0) + count)
  }
  return counts
}

/** Which of some tasks have a live pod. */
export async function withLivePods(reader: Reader, tasks: string[]): Promise<Set<string>> {
  if (tasks.length === 0) return new Set()
  const rows = await reader.all<{ task: string }>(
    `SELECT task FROM pods WHERE ended_at IS NULL AND task ${anyOf('tasks')}`,
    { tasks: JSON.stringify(tasks) },
  )
  return new Set(rows.map(({ task }) => task))
}
