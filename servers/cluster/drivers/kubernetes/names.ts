import { hash } from 'node:crypto'
import { domain } from './tags.ts'

/** What tells the objects of one registration of a cluster from all others in it. */
export type Mark = {
  /** Random, made at registration: two hubs in one cluster never have the same. */
  mark: string
}

export const hubLabel = `${domain}/hub`
export const orgLabel = `${domain}/org`
export const podLabel = `${domain}/pod`
export const workLabel = `${domain}/work`
/** Who wrote which field, for server-side apply: another hub's fields are a conflict, never overwritten. */
export const managerOf = ({ mark }: Mark): string => `switchyard-${mark}`

export const accountName = 'agent'
export const containerName = 'main'

/** A namespace for each org and registration, so that two hubs share none. */
export const namespaceOf = ({ mark }: Mark, org: string): string => `switchyard-${org}-${mark}`

export const policyName = ({ mark }: Mark): string => `switchyard-${mark}`

export const ownedBy = ({ mark }: Mark): string => `${hubLabel}=${mark}`

export const labelsOf = ({ mark }: Mark, org: string): Record<string, string> => ({
  'app.kubernetes.io/managed-by': 'switchyard',
  [hubLabel]: mark,
  [orgLabel]: org,
})

/** A name for what keeps the work under a key that may be no name of the cluster. */
export const claimName = (key: string): string => `work-${hash('sha256', key).slice(0, 32)}`
