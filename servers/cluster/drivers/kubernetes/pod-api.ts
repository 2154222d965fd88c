import { HubError } from '../../../../schemas/errors.ts'
import type { PodSpec } from '../../../kit/cluster-driver.ts'
import { hasStatus } from './api-error.ts'
import { apply, create } from './apply.ts'
import type { Handle } from './live-pods.ts'
import type { Mark } from './names.ts'
import { claimName, labelsOf, managerOf, namespaceOf, workLabel } from './names.ts'
import { listAll } from './list.ts'
import { EventObject, PodObject, parsed } from './objects.ts'
import type { Manifest } from './pod-manifest.ts'
import { podManifest, secretManifest } from './pod-manifest.ts'
import type { KubernetesSettings } from './settings.ts'
import type { Transport } from './transport.ts'

export const podPath = ({ namespace, name }: Pick<Handle, 'namespace' | 'name'>): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`

export const handleOf = ({ metadata }: PodObject): Handle => ({
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
})

/** Makes a pod with all that it needs; what was made is taken back where the rest fails. */
export async function createPod(
  transport: Transport,
  spec: PodSpec,
  at: KubernetesSettings & Mark & { command: string[] },
): Promise<PodObject> {
  const keepsWork = at.storageClass !== undefined && spec.workspace.key !== spec.id
  if (keepsWork) await apply(transport, claimManifest(spec, at), managerOf(at))
  const pod = await createOnce(transport, podManifest(spec, { ...at, keepsWork }))
  try {
    await create(transport, secretManifest(spec, at, pod.metadata.uid)).catch((error: unknown) => {
      if (!hasStatus(error, 409)) throw error // It was sent before, and is never another one.
    })
  } catch (error) {
    await deletePod(transport, handleOf(pod), 0)
    throw error
  }
  return pod
}

/** A create whose answer was lost may have happened; the id of a pod is never used for another. */
async function createOnce(transport: Transport, manifest: Manifest): Promise<PodObject> {
  try {
    return parsed(PodObject, await create(transport, manifest))
  } catch (error) {
    const isUnknown = error instanceof HubError && error.code === 'unavailable'
    if (!isUnknown && !hasStatus(error, 409)) throw error
    const { name, namespace = '' } = manifest.metadata
    const found = await findPod(transport, { namespace, name })
    if (found) return found
    throw error
  }
}

export async function findPod(
  transport: Transport,
  at: Pick<Handle, 'namespace' | 'name'> & { uid?: string },
): Promise<PodObject | undefined> {
  try {
    const pod = parsed(PodObject, await transport.json({ path: podPath(at) }))
    return at.uid === undefined || pod.metadata.uid === at.uid ? pod : undefined
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}

/** The last warning among the events about a pod. */
export async function lastWarning(
  transport: Transport,
  { namespace, uid }: Handle,
): Promise<string | undefined> {
  const { items } = await listAll(transport, EventObject, {
    path: `/api/v1/namespaces/${namespace}/events`,
    query: { fieldSelector: `involvedObject.uid=${uid},type=Warning` },
  })
  const last = items.sort((a, b) => a.lastTimestamp.localeCompare(b.lastTimestamp)).at(-1)
  return last && `${last.reason}: ${last.message}`.slice(0, 1000)
}

/** Asks for the end of this very pod; false where it is gone already. */
export async function deletePod(
  transport: Transport,
  handle: Handle,
  graceSeconds: number,
): Promise<boolean> {
  try {
    await transport.json({
      method: 'DELETE',
      path: podPath(handle),
      body: { gracePeriodSeconds: graceSeconds, preconditions: { uid: handle.uid } },
    })
    return true
  } catch (error) {
    if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error
    return false
  }
}

const claimManifest = ({ org, workspace }: PodSpec, at: KubernetesSettings & Mark): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: {
    name: claimName(workspace.key),
    namespace: namespaceOf(at, org),
    labels: { ...labelsOf(at, org), [workLabel]: 'true' },
  },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: at.storageClass,
    resources: { requests: { storage: '10Gi' } },
  },
})
