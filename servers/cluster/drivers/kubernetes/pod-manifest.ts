import type { PodSpec } from '../../../kit/cluster-driver.ts'
import type { Mark } from './names.ts'
import { accountName, claimName, containerName, labelsOf, namespaceOf, podLabel } from './names.ts'
import { demandsOf, gpuResource } from './tags.ts'

/** An object as it is sent: plain JSON in the words of the API. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
  [field: string]: unknown
}

const scratchMb = 1024
/** As long as `pod_delete` may wait for a pod to end by itself. */
const graceSeconds = 60
const nobody = 65_532

/** The one pod of an attempt. What it is told lies in a Secret beside it, never in the pod itself. */
export function podManifest(
  spec: PodSpec,
  at: Mark & { image: string; command: string[]; keepsWork: boolean },
): Manifest {
  const { id, org, resources, timeoutMs, tags } = spec
  const { terms, tolerations, gpu } = demandsOf(tags)
  const amounts = {
    cpu: `${Math.round(resources.cpus * 1000)}m`,
    memory: `${resources.memoryMb}Mi`,
    ...(gpu ? { [gpuResource]: '1' } : {}),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: id,
      namespace: namespaceOf(at, org),
      labels: { ...labelsOf(at, org), [podLabel]: id },
      // A cluster that makes room by moving pods would end the work of this one.
      annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' },
    },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: accountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: Math.max(1, Math.ceil(timeoutMs / 1000)),
      terminationGracePeriodSeconds: graceSeconds,
      tolerations,
      ...(terms.length === 0 ? {} : { affinity: affinityOf(terms) }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: nobody,
        runAsGroup: nobody,
        fsGroup: nobody,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: containerName,
          image: at.image,
          command: at.command,
          workingDir: '/home/agent',
          env: [
            { name: 'HOME', value: '/home/agent' },
            { name: 'TMPDIR', value: '/tmp' },
            { name: 'SWITCHYARD_WORK', value: '/work' },
            { name: 'SWITCHYARD_POD', value: id },
          ],
          envFrom: [{ secretRef: { name: id } }],
          // Explicit, whatever the LimitRange says: quota refuses what has none.
          resources: { requests: amounts, limits: amounts },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'home', mountPath: '/home/agent' },
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'work', mountPath: '/work' },
          ],
        },
      ],
      volumes: [
        { name: 'home', emptyDir: { sizeLimit: `${scratchMb}Mi` } },
        { name: 'tmp', emptyDir: { sizeLimit: `${scratchMb}Mi` } },
        at.keepsWork
          ? { name: 'work', persistentVolumeClaim: { claimName: claimName(spec.workspace.key) } }
          : { name: 'work', emptyDir: { sizeLimit: `${scratchMb}Mi` } },
      ],
    },
  }
}

/** What the pod is told, which goes when the pod goes. */
export const secretManifest = (spec: PodSpec, mark: Mark, uid: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: spec.id,
    namespace: namespaceOf(mark, spec.org),
    labels: labelsOf(mark, spec.org),
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: spec.id, uid }],
  },
  immutable: true,
  stringData: spec.env,
})

const affinityOf = (terms: unknown[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: terms.map((matchExpressions) => ({ matchExpressions })),
    },
  },
})
