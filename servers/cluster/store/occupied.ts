import type { Reader } from '../../kit/sql.ts'
import { countLivePods } from '../../kit/store/live-pods.ts'
import type { Promised } from '../promised.ts'
import type { QuotaUse } from '../quota-rules.ts'
import { quotaUse } from '../quota-rules.ts'
import { readPromised } from './node-loads.ts'
import type { PodRow } from './pods.ts'
import type { Reservation } from './reservations.ts'
import { readReservations } from './reservations.ts'

/** What stands against a pod that is to be placed. */
export type Occupied = {
  /** What the others were promised, by node. */
  promised: Promised
  /** How many pods its org has. */
  orgPods: number
  /** What these have together, where more than their number is limited. */
  use?: QuotaUse | undefined
  /** Nodes that are kept for tasks. */
  held?: Reservation[]
}

export async function readOccupied(
  reader: Reader,
  org: string,
  countsUse: boolean,
): Promise<Occupied> {
  const [promised, held] = await Promise.all([readPromised(reader), readReservations(reader)])
  if (!countsUse) return { promised, held, orgPods: await countLivePods(reader, org) }
  const use = quotaUse(await listLiveOf(reader, org))
  return { promised, held, orgPods: use.pods, use }
}

export const listLiveOf = (reader: Reader, org: string): Promise<PodRow[]> =>
  reader.all<PodRow>('SELECT * FROM pods WHERE ended_at IS NULL AND org = :org', { org })
