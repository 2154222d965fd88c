import type { Principal } from '../../schemas/principal.ts'

/** The person who holds the data directory. */
export const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
