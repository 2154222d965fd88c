import type { Reader } from '../sql.ts'

// Pods belong to the cluster server; how many an org has counts against its limit elsewhere too.

export const countLivePods = async (reader: Reader, org: string): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      'SELECT count(*) AS count FROM pods WHERE ended_at IS NULL AND org = :org',
      { org },
    )
  )?.count ?? 0
