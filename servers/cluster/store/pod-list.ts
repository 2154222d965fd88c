import type { Pod } from '../../../schemas/cluster.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Page } from '../../kit/page.ts'
import type { Reader } from '../../kit/sql.ts'
import { toPod } from './pods.ts'

/** One page of pods, newest first. */
export const listPods = (
  reader: Reader,
  options: {
    task?: string | undefined
    cluster?: string | undefined
    state?: Pod['state'] | undefined
    ended: boolean
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
): Promise<Page<Pod>> =>
  listNewest(reader, {
    table: 'pods',
    filters: { task: options.task, cluster: options.cluster, state: options.state },
    orgs: options.orgs,
    also: options.ended ? undefined : 'ended_at IS NULL',
    cursor: options.cursor,
    limit: options.limit,
    toItem: toPod,
  })
