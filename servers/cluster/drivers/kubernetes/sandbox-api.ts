import { z } from 'zod'
import { HubError } from '../../../../schemas/errors.ts'
import { hasStatus } from './api-error.ts'
import { create } from './apply.ts'
import { Bare, Condition, parsed } from './objects.ts'
import type { PodObject } from './objects.ts'
import type { Manifest } from './pod-manifest.ts'
import type { Transport } from './transport.ts'

// A Sandbox of agent-sandbox: a pod that its controller makes out of what stands in it, ends while it is
// suspended, and makes again under the same name afterwards.

const group = 'agents.x-k8s.io'

/** The Sandbox that a pod belongs to, as the pod's owner names it. */
export type SandboxRef = { apiVersion: string; uid: string }

type Sandbox = z.infer<typeof Sandbox>
type Place = { namespace: string; name: string }

/** Versions that can suspend; v1alpha1 counted replicas instead. */
export const canSuspend = (apiVersion: string): boolean => /\/v1(beta\d+)?$/.test(apiVersion)

export const sandboxOf = ({ metadata }: PodObject): SandboxRef | undefined => {
  const owner = metadata.ownerReferences.find(
    ({ kind, apiVersion }) => kind === 'Sandbox' && apiVersion.startsWith(`${group}/`),
  )
  return owner && { apiVersion: owner.apiVersion, uid: owner.uid }
}

/** A Sandbox whose pod is the one of the manifest; the labels of its own are the pod's. */
export function sandboxManifest({ metadata, spec }: Manifest, apiVersion: string): Manifest {
  const { name, namespace, labels, annotations } = metadata
  return {
    apiVersion,
    kind: 'Sandbox',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels },
    spec: { podTemplate: { metadata: { labels, annotations }, spec } },
  }
}

/** A create whose answer was lost may have happened; the name is never used for another. */
export async function createSandbox(transport: Transport, manifest: Manifest): Promise<Sandbox> {
  const { name, namespace = '' } = manifest.metadata
  try {
    return parsed(Sandbox, await create(transport, manifest))
  } catch (error) {
    const isUnknown = error instanceof HubError && error.code === 'unavailable'
    if (!isUnknown && !hasStatus(error, 409)) throw error
    const found = await readSandbox(transport, { namespace, name }, manifest.apiVersion)
    if (found) return found
    throw error
  }
}

export async function readSandbox(
  transport: Transport,
  at: Place,
  apiVersion: string,
): Promise<Sandbox | undefined> {
  try {
    return parsed(Sandbox, await transport.json({ path: pathOf(at, apiVersion) }))
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}

/** Removes this very Sandbox, so that no pod is made in it any more; it may be gone already. */
export async function deleteSandbox(
  transport: Transport,
  at: Place,
  { apiVersion, uid }: SandboxRef,
): Promise<void> {
  const body = { preconditions: { uid }, propagationPolicy: 'Background' }
  await transport
    .json({ method: 'DELETE', path: pathOf(at, apiVersion), body })
    .catch((error: unknown) => {
      if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error
    })
}

/** Has the controller end the pod of a Sandbox, or make it again. */
export async function setMode(
  transport: Transport,
  at: Place,
  { apiVersion }: SandboxRef,
  operatingMode: 'Running' | 'Suspended',
): Promise<void> {
  await transport.json({
    method: 'PATCH',
    path: pathOf(at, apiVersion),
    type: 'application/merge-patch+json',
    body: { spec: { operatingMode } },
  })
}

/** What the controller could not do, in its words, while it makes no pod. */
export const troubleOf = ({ status }: Sandbox): string | undefined =>
  status.conditions.find(({ type, reason }) => type === 'Ready' && reason === 'ReconcilerError')
    ?.message

const pathOf = ({ namespace, name }: Place, apiVersion: string): string =>
  `/apis/${apiVersion}/namespaces/${namespace}/sandboxes/${name}`

const Sandbox = Bare.extend({
  spec: z.object({ operatingMode: z.string().default('Running') }),
  status: z.object({ conditions: z.array(Condition).default([]) }).prefault({}),
})
