import type { Principal } from '../../schemas/principal.ts'
import { ownerName } from '../../schemas/principal.ts'

/** The person who holds the data directory. */
export const owner: Principal = { kind: 'user', id: ownerName, roles: ['owner'], orgs: ['*'] }
