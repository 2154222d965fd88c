import { needed } from './guards.ts'
import type { Mark } from './names.ts'
import { orgRoleName, policyName } from './names.ts'

/** A rule of a role, as the API has it. */
export type Rule = {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
  resourceNames?: string[]
}

const rbac = 'rbac.authorization.k8s.io'
const admission = 'admissionregistration.k8s.io'
const policies = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings']

/** What belongs to no namespace, or is looked at in all of them. */
const clusterScoped = new Set(['nodes', 'namespaces', 'tokenreviews', ...policies])
const wide = new Set(['list /pods', 'watch /pods'])

const isWide = (right: string) => {
  const [, resource = ''] = right.split('/')
  return wide.has(right) || clusterScoped.has(resource)
}
/** Agents say who they are by a token of the cluster, which the cluster alone can check. */
const forAgents = ['create authentication.k8s.io/tokenreviews']
const forVolumes = ['get', 'create', 'patch', 'delete'].map(
  (verb) => `${verb} /persistentvolumeclaims`,
)

const forAuthority = ['get', 'create', 'patch'].map((verb) => `${verb} /configmaps`)

const forQueues = [
  ...['get', 'create', 'patch'].map((verb) => `${verb} kueue.x-k8s.io/localqueues`),
  'list kueue.x-k8s.io/workloads',
]

const forSandboxes = ['get', 'create', 'patch', 'delete'].map(
  (verb) => `${verb} agents.x-k8s.io/sandboxes`,
)

/** What a user has to be allowed in the whole cluster, by what runs there. */
export const neededRights = ({
  agents,
  volumes,
  queue,
  sandbox,
  authority,
}: {
  agents: boolean
  volumes: boolean
  queue: boolean
  sandbox: boolean
  authority: boolean
}) => [
  ...needed,
  ...(queue ? forQueues : []),
  ...(sandbox ? forSandboxes : []),
  ...(agents ? forAgents : []),
  ...(volumes ? forVolumes : []),
  ...(authority ? forAuthority : []),
]

const isPolicy = (right: string) => right.split(' ')[1]?.startsWith(`${admission}/`) ?? false

/** The rights that an account of the hub has in the whole cluster; it can be asked for these by no name. */
export const wideRights = [
  ...needed.filter((right) => isWide(right) && !isPolicy(right)),
  ...forAgents,
]

/** The rights that it has in the namespaces of orgs alone. */
export const orgRights = [
  ...needed.filter((right) => !isWide(right)),
  ...forVolumes,
  ...forQueues,
  ...forSandboxes,
  ...forAuthority,
]

/** In the whole cluster: to see nodes and what pods were promised, and to make places for orgs. */
export const wideRules = (mark: Mark): Rule[] => [
  ...rulesOf(wideRights),
  {
    apiGroups: [admission],
    resources: policies,
    verbs: ['create', 'delete', 'get', 'patch'],
    resourceNames: [policyName(mark)],
  },
  // In the place of an org it gives itself the role of orgs, and can give no other.
  { apiGroups: [rbac], resources: ['rolebindings'], verbs: ['create', 'get', 'patch'] },
  {
    apiGroups: [rbac],
    resources: ['clusterroles'],
    verbs: ['bind'],
    resourceNames: [orgRoleName(mark)],
  },
]

export const orgRules = (): Rule[] => rulesOf(orgRights)

/** `verb group/resource` lines as rules, one for each resource. */
function rulesOf(rights: string[]): Rule[] {
  const verbs = new Map<string, string[]>()
  for (const right of rights) {
    const [verb = '', what = ''] = right.split(' ')
    verbs.set(what, [...(verbs.get(what) ?? []), verb].sort())
  }
  return [...verbs].map(([what, allowed]) => {
    const [group = '', ...resource] = what.split('/')
    return { apiGroups: [group], resources: [resource.join('/')], verbs: allowed }
  })
}
