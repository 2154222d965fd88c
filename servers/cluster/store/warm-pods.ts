import type { Reader, Row } from '../../kit/sql.ts'

/** Where a pod ran, and on which repository. */
export type WarmPod = Row & { cluster: string; node: string; repo: string | null }

/** What is older has likely been cleared away. */
const mostPods = 200

/** Where the last pods of an org ran, the newest first. */
export const listWarmPods = (reader: Reader, org: string): Promise<WarmPod[]> =>
  reader.all<WarmPod>(
    'SELECT cluster, node, repo FROM pods WHERE org = :org ORDER BY id DESC LIMIT :most',
    { org, most: mostPods },
  )

/** The cluster in which the last pod of a task ran. */
export const readKeeper = async (reader: Reader, task: string): Promise<string | undefined> =>
  (
    await reader.get<{ cluster: string }>(
      'SELECT cluster FROM pods WHERE task = :task ORDER BY id DESC LIMIT 1',
      { task },
    )
  )?.cluster
