import type { Principal } from '../../schemas/principal.ts'
import type { LeaseState } from '../../servers/kit/authority.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { attemptIsLive } from '../../servers/orchestration/store/attempts.ts'

/** Whether the lease still stands that an agent's credential is bound to. */
export async function leaseOf(reader: Reader, { attempt }: Principal): Promise<LeaseState> {
  if (attempt === undefined) return 'none'
  return (await attemptIsLive(reader, attempt)) ? 'live' : 'ended'
}
