import type { Principal } from '../../schemas/principal.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { hasCredential } from '../../servers/kit/store/tokens.ts'
import { owner } from './owner.ts'

/**
 * Whether what somebody left to be done in their name may still be done: they have a credential of the
 * same roles and orgs. The owner's is a file; everybody else's is a row that can be revoked.
 */
export const stillStands = async (
  reader: Reader,
  principal: Principal,
  now: number,
): Promise<boolean> =>
  principal.id === owner.id ||
  principal.kind === 'service' ||
  (await hasCredential(reader, principal, now))
