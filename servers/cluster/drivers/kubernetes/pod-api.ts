import { hasStatus } from './api-error.ts'
import { listAll } from './list.ts'
import type { Handle } from './live-pod.ts'
import { EventObject, PodObject, parsed } from './objects.ts'
import { deleteSandbox, readSandbox, sandboxOf } from './sandbox-api.ts'
import type { Transport } from './transport.ts'

export const podPath = ({ namespace, name }: Pick<Handle, 'namespace' | 'name'>): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`

export function handleOf(pod: PodObject): Handle {
  const { namespace, name, uid } = pod.metadata
  const sandbox = sandboxOf(pod)
  return { namespace, name, uid, ...(sandbox ? { sandbox } : {}) }
}

/**
 * What is there of a pod that was made: the pod, or that its Sandbox rests without one, or is to make the
 * next one. In a Sandbox the next pod takes the place of the one before.
 */
export async function lookFor(
  transport: Transport,
  handle: Handle,
): Promise<PodObject | 'suspended' | 'resuming' | undefined> {
  const { sandbox } = handle
  if (!sandbox) return findPod(transport, handle)
  const made = await readSandbox(transport, handle, sandbox.apiVersion)
  if (made?.metadata.uid !== sandbox.uid) return undefined
  if (made.spec.operatingMode === 'Suspended') return 'suspended'
  const pod = await findPod(transport, { namespace: handle.namespace, name: handle.name })
  return pod && sandboxOf(pod)?.uid === sandbox.uid ? pod : 'resuming'
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

/** Asks for the end of this very pod, and of the Sandbox that would make it anew; false where it is gone already. */
export async function deletePod(
  transport: Transport,
  handle: Handle,
  graceSeconds: number,
): Promise<boolean> {
  if (handle.sandbox) await deleteSandbox(transport, handle, handle.sandbox)
  return dropPod(transport, handle, graceSeconds)
}

/** The same for the pod alone. */
export async function dropPod(
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
