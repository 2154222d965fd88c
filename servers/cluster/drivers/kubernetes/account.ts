import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { hasStatus } from './api-error.ts'
import { apply } from './apply.ts'
import { confinement } from './confinement.ts'
import { missingRights } from './guards.ts'
import type { Mark } from './names.ts'
import {
  hubAccountName,
  hubLabel,
  hubNamespaceOf,
  labelsOf,
  managerOf,
  namespaceOf,
  orgLabel,
  orgRoleName,
} from './names.ts'
import { Bare, parsed } from './objects.ts'
import type { Manifest } from './pod-manifest.ts'
import { orgRights, orgRules, wideRules } from './rights.ts'
import type { Transport } from './transport.ts'

const rbac = 'rbac.authorization.k8s.io'
const tries = 40
const pauseMs = 250

/**
 * Makes an account for the hub with the rights of its work and no more, by the access of an
 * administrator, which is not needed afterwards. All of it goes with the account's namespace.
 */
export async function makeAccount(admin: Transport, mark: Mark): Promise<void> {
  const namespace = hubNamespaceOf(mark)
  const [place, ...inside] = placeOf(mark)
  await apply(admin, place, managerOf(mark))
  const path = `/api/v1/namespaces/${namespace}`
  const { uid } = parsed(Bare, await admin.json({ path })).metadata
  const owner = { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid }
  for (const manifest of [...inside, ...aroundOf(mark, owner)])
    await apply(admin, manifest, managerOf(mark))
}

/** Takes the account back, by the access that made it. */
export async function removeAccount(admin: Transport, mark: Mark): Promise<void> {
  const path = `/api/v1/namespaces/${hubNamespaceOf(mark)}`
  await admin.json({ method: 'DELETE', path }).catch((error: unknown) => {
    if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error // It is gone, or going.
  })
}

/** Whether what stands there is the place of this registration: another cluster has none. */
export async function assertAccountPlace(admin: Transport, mark: Mark): Promise<void> {
  const namespace = hubNamespaceOf(mark)
  try {
    const { metadata } = parsed(Bare, await admin.json({ path: `/api/v1/namespaces/${namespace}` }))
    if (metadata.labels[hubLabel] === mark.mark) return
  } catch (error) {
    if (!hasStatus(error, 404)) throw error
  }
  throw new HubError('conflict', `the cluster that this access leads to has no ${namespace}`, {
    hint: 'It is another cluster, or somebody removed the namespace: then cluster_remove with `forget`, and cluster_add anew.',
  })
}

/** Gives the account its rights in the namespace of an org, which is there already. */
export async function enterOrg(
  transport: Transport,
  org: string,
  mark: Mark,
  clock: Clock,
): Promise<void> {
  const namespace = namespaceOf(mark, org)
  await apply(transport, orgBinding(mark, org), managerOf(mark))
  // A server sees a binding a moment after it was made.
  for (let n = 0; n < tries; n++) {
    if ((await missingRights(transport, orgRights.slice(0, 1), namespace)).length === 0) return
    await pause(clock, pauseMs)
  }
  throw new HubError('denied', `the hub's account gets no rights in ${namespace}`)
}

function placeOf(mark: Mark): [Manifest, ...Manifest[]] {
  const namespace = hubNamespaceOf(mark)
  const labels = labelsInPlace(mark)
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: hubAccountName, namespace, labels },
      automountServiceAccountToken: false,
    },
    // Its token mints the next one; nothing else is there for it.
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'renewal', namespace, labels },
      rules: [
        {
          apiGroups: [''],
          resources: ['serviceaccounts/token'],
          resourceNames: [hubAccountName],
          verbs: ['create'],
        },
      ],
    },
    bindingOf('RoleBinding', { name: 'renewal', namespace, labels }, mark, 'Role', 'renewal'),
  ]
}

/** What belongs to no namespace; it goes with that of the account, which owns it. */
function aroundOf(mark: Mark, owner: object): Manifest[] {
  const metadata = (name: string) => ({
    name,
    labels: labelsInPlace(mark),
    ownerReferences: [owner],
  })
  const name = `switchyard-${mark.mark}-hub`
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: metadata(name),
      rules: wideRules(mark),
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: metadata(orgRoleName(mark)),
      rules: orgRules(),
    },
    ...confinement(mark, metadata(name)),
    bindingOf('ClusterRoleBinding', metadata(name), mark, 'ClusterRole', name),
  ]
}

const orgBinding = (mark: Mark, org: string): Manifest => {
  const metadata = { name: 'hub', namespace: namespaceOf(mark, org), labels: labelsOf(mark, org) }
  return bindingOf('RoleBinding', metadata, mark, 'ClusterRole', orgRoleName(mark))
}

const bindingOf = (
  kind: 'RoleBinding' | 'ClusterRoleBinding',
  metadata: Manifest['metadata'],
  mark: Mark,
  roleKind: 'Role' | 'ClusterRole',
  role: string,
): Manifest => ({
  apiVersion: `${rbac}/v1`,
  kind,
  metadata,
  roleRef: { apiGroup: rbac, kind: roleKind, name: role },
  subjects: [{ kind: 'ServiceAccount', name: hubAccountName, namespace: hubNamespaceOf(mark) }],
})

function labelsInPlace(mark: Mark): Record<string, string> {
  const labels = labelsOf(mark, '')
  delete labels[orgLabel]
  return labels
}
