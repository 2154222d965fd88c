import type { PodGroup, PodState } from '../../../schemas/cluster.ts'
import type { Reader, Row } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** What pods can be counted by. */
export const podGroupings = ['cluster', 'node', 'org', 'state'] as const

const columns = {
  cluster: 'cluster',
  node: "cluster || '/' || node",
  org: 'org',
  state: 'state',
}

/** More of them say no more than the largest do. */
const mostGroups = 100

/** How many pods of the same cluster, node, org or state there are, the most first. */
export async function groupPods(
  reader: Reader,
  asked: {
    by: (typeof podGroupings)[number]
    orgs: string[] | undefined
    ended: boolean
    cluster?: string | undefined
    state?: PodState | undefined
    task?: string | undefined
  },
): Promise<PodGroup[]> {
  const { by, orgs, ended, ...only } = asked
  const set = Object.entries(only).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const conditions = [
    ...(ended ? [] : ['ended_at IS NULL']),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
    ...set.map(([column]) => `${column} = :${column}`),
  ]
  const rows = await reader.all<Row & { name: string; state: PodState; count: number }>(
    `SELECT ${columns[by]} AS name, state, count(*) AS count FROM pods
     ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} GROUP BY name, state`,
    {
      ...Object.fromEntries(set),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return [...Map.groupBy(rows, ({ name }) => name)]
    .map(([name, of]) => ({
      name,
      pods: of.reduce((sum, { count }) => sum + count, 0),
      states: Object.fromEntries(of.map(({ state, count }) => [state, count])),
    }))
    .sort((a, b) => b.pods - a.pods || (a.name < b.name ? -1 : 1))
    .slice(0, mostGroups)
}
