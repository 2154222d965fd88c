import { HubError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import type { PodSpec } from '../../../kit/cluster-driver.ts'
import { hasStatus } from './api-error.ts'
import { apply, create } from './apply.ts'
import type { Mark } from './names.ts'
import { claimName, labelsOf, managerOf, namespaceOf, workLabel } from './names.ts'
import { PodObject, parsed } from './objects.ts'
import { deletePod, findPod, handleOf } from './pod-api.ts'
import type { Manifest } from './pod-manifest.ts'
import { podManifest, secretManifest } from './pod-manifest.ts'
import type { Program } from './program.ts'
import type { SandboxRef } from './sandbox-api.ts'
import {
  createSandbox,
  deleteSandbox,
  readSandbox,
  sandboxManifest,
  sandboxOf,
  troubleOf,
} from './sandbox-api.ts'
import type { KubernetesSettings } from './settings.ts'
import type { Transport } from './transport.ts'

/** The controller makes a pod at once; where it does not in this time, it does not run. */
const sandboxMs = 20_000
const sandboxLookMs = 100

/** Makes a pod with all that it needs; what was made is taken back where the rest fails. */
export async function createPod(
  transport: Transport,
  spec: PodSpec,
  at: KubernetesSettings & Mark,
  { program, clock }: { program: Program; clock: Clock },
): Promise<PodObject> {
  const keepsWork = at.storageClass !== undefined && spec.workspace.key !== spec.id
  if (keepsWork) await apply(transport, claimManifest(spec, at), managerOf(at))
  const { mark, queue, sandbox } = at
  const manifest = podManifest(spec, { mark, queue, program, keepsWork })
  const tell = (owner: Parameters<typeof secretManifest>[2]) =>
    create(transport, secretManifest(spec, at, owner)).catch((error: unknown) => {
      if (!hasStatus(error, 409)) throw error // It was sent before, and is never another one.
    })
  // A Sandbox is there for what is kept while its pod is not.
  if (sandbox && keepsWork) {
    const { apiVersion } = sandbox
    const made = await createSandbox(transport, sandboxManifest(manifest, apiVersion))
    const owner = { apiVersion, uid: made.metadata.uid }
    try {
      await tell({ ...owner, kind: 'Sandbox' })
      return await firstPod(transport, { ...manifest.metadata, sandbox: owner }, clock)
    } catch (error) {
      await deleteSandbox(transport, { namespace: '', ...manifest.metadata }, owner)
      throw error
    }
  }
  const pod = await createOnce(transport, manifest)
  try {
    await tell({ apiVersion: 'v1', kind: 'Pod', uid: pod.metadata.uid })
  } catch (error) {
    await deletePod(transport, handleOf(pod), 0)
    throw error
  }
  return pod
}

/** The pod that the controller makes in a new Sandbox; its own words where it makes none. */
async function firstPod(
  transport: Transport,
  { namespace = '', name, sandbox }: { namespace?: string; name: string; sandbox: SandboxRef },
  clock: Clock,
): Promise<PodObject> {
  const deadline = clock.now() + sandboxMs
  let trouble: string | undefined
  while (clock.now() < deadline && trouble === undefined) {
    const pod = await findPod(transport, { namespace, name })
    if (pod && sandboxOf(pod)?.uid === sandbox.uid) return pod
    const made = await readSandbox(transport, { namespace, name }, sandbox.apiVersion)
    trouble = made && troubleOf(made)
    if (trouble === undefined) await pause(clock, sandboxLookMs)
  }
  const why = trouble ?? `nothing for ${sandboxMs / 1000} s`
  throw new HubError('unavailable', `agent-sandbox made no pod in the Sandbox ${name}: ${why}`, {
    hint: 'Its controller has to run in the cluster and to be let make pods in the namespace.',
  })
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
