import { HubError } from '../../../../schemas/errors.ts'
import { hasStatus } from './api-error.ts'
import type { Handle } from './live-pod.ts'
import { containerName } from './names.ts'
import { findPod, podPath } from './pod-api.ts'
import { deleteSandbox } from './sandbox-api.ts'
import type { Transport } from './transport.ts'

// What is done to pods that live, and to the nodes they live on, short of making and deleting them.

/**
 * Asks for the end of a pod as one that is to run elsewhere, which a disruption budget may refuse; false
 * where it is gone already.
 */
export async function evictPod(
  transport: Transport,
  handle: Handle,
  graceSeconds: number,
): Promise<boolean> {
  const { namespace, name, uid } = handle
  try {
    await transport.json({
      method: 'POST',
      path: `${podPath(handle)}/eviction`,
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: { gracePeriodSeconds: graceSeconds, preconditions: { uid } },
      },
      once: true,
    })
    // What is to run elsewhere is not made anew here.
    if (handle.sandbox) await deleteSandbox(transport, handle, handle.sandbox)
    return true
  } catch (error) {
    if (hasStatus(error, 404)) return false
    if (hasStatus(error, 409) && !(await findPod(transport, handle))) return false
    if (!hasStatus(error, 429) || !(error instanceof HubError)) throw error
    throw new HubError('exhausted', `the pod ${name} may not be evicted now: ${error.message}`, {
      hint: 'A PodDisruptionBudget of the cluster protects it. Try again once others like it run, or end it by pod_delete.',
      cause: error,
    })
  }
}

/** Has a node take no new pods of anybody, or take them again, as `kubectl cordon` does. */
export async function cordonNode(
  transport: Transport,
  node: string,
  isClosed: boolean,
): Promise<void> {
  await transport.json({
    method: 'PATCH',
    path: `/api/v1/nodes/${node}`,
    type: 'application/merge-patch+json',
    body: { spec: { unschedulable: isClosed ? true : null } },
  })
}

/** Gives a pod other amounts where it is; its node says later whether it could. */
export async function resizePod(
  transport: Transport,
  handle: Handle,
  amounts: Record<string, string>,
): Promise<void> {
  const resources = { requests: amounts, limits: amounts }
  await transport.json({
    method: 'PATCH',
    path: `${podPath(handle)}/resize`,
    type: 'application/strategic-merge-patch+json',
    body: { spec: { containers: [{ name: containerName, resources }] } },
  })
}
