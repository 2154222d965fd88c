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
/** The role of a pod that tries the network. */
export const probeLabel = `${domain}/probe`
export const workLabel = `${domain}/work`
/** Who wrote which field, for server-side apply: another hub's fields are a conflict, never overwritten. */
export const managerOf = ({ mark }: Mark): string => `switchyard-${mark}`

export const accountName = 'agent'

/** To whom pods of this registration prove themselves; a token for it is of no use anywhere else. */
export const audienceOf = ({ mark }: Mark): string => `switchyard-${mark}`
export const containerName = 'main'
/** What agents trust the hub by, beside the authorities of their image. */
export const authorityName = 'hub-authority'
export const authorityKey = 'ca.crt'

/** A namespace for each org and registration, so that two hubs share none. */
export const namespaceOf = ({ mark }: Mark, org: string): string => `switchyard-${org}-${mark}`

/** Where the account of the hub itself lives, in a cluster that it was given one in. */
export const hubNamespaceOf = ({ mark }: Mark): string => `switchyard-hub-${mark}`
export const hubAccountName = 'hub'
/** The rights of that account in the namespace of an org. */
export const orgRoleName = ({ mark }: Mark): string => `switchyard-${mark}-org`

export const policyName = ({ mark }: Mark): string => `switchyard-${mark}`

export const ownedBy = ({ mark }: Mark): string => `${hubLabel}=${mark}`

export const labelsOf = ({ mark }: Mark, org: string): Record<string, string> => ({
  'app.kubernetes.io/managed-by': 'switchyard',
  [hubLabel]: mark,
  [orgLabel]: org,
})

/** A name for what keeps the work under a key that may be no name of the cluster. */
export const claimName = (key: string): string => `work-${hash('sha256', key).slice(0, 32)}`
