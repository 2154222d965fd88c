import type { Resources } from '../../../../schemas/task.ts'
import type { PodSpec } from '../../../kit/cluster-driver.ts'
import {
  agentEnv,
  agentMounts,
  agentVolumes,
  livenessProbe,
  scrapeAnnotations,
} from './agent-pod.ts'
import { queueLabel, queueName } from './extensions.ts'
import type { Mark } from './names.ts'
import { accountName, claimName, containerName, labelsOf, namespaceOf, podLabel } from './names.ts'
import type { Program } from './program.ts'
import { demandsOf, gpuResource } from './tags.ts'

/** An object as it is sent: plain JSON in the words of the API. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
  [field: string]: unknown
}

/** The most that is written beside the kept work; a checkout and its packages take more than a command. */
const scratchMb = { command: 1024, agent: 8192 }
/** As long as `pod_delete` may wait for a pod to end by itself. */
const graceSeconds = 60
const nobody = 65_532

/** The one pod of an attempt. What it is told lies in a Secret beside it, never in the pod itself. */
export function podManifest(
  spec: PodSpec,
  at: Mark & { program: Program; keepsWork: boolean; queue?: object | undefined },
): Manifest {
  const { image, command, agent } = at.program
  const sizeLimit = `${scratchMb[agent ? 'agent' : 'command']}Mi`
  const { id, org, resources, timeoutMs, tags, avoids = [] } = spec
  const { terms, tolerations, gpu } = demandsOf(tags)
  const gpus = resources.gpus ?? (gpu ? 1 : 0)
  const amounts = { ...amountsOf(resources), ...(gpus > 0 ? { [gpuResource]: `${gpus}` } : {}) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: id,
      namespace: namespaceOf(at, org),
      labels: {
        ...labelsOf(at, org),
        [podLabel]: id,
        ...(at.queue ? { [queueLabel]: queueName } : {}),
      },
      // A cluster that makes room by moving pods would end the work of this one.
      annotations: {
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
        ...(agent ? scrapeAnnotations : {}),
      },
    },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: accountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: Math.max(1, Math.ceil(timeoutMs / 1000)),
      terminationGracePeriodSeconds: graceSeconds,
      tolerations,
      ...affinityOf(terms, avoids),
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
          image,
          ...(command ? { command } : {}),
          workingDir: '/home/agent',
          env: [
            { name: 'HOME', value: '/home/agent' },
            { name: 'TMPDIR', value: '/tmp' },
            { name: 'SWITCHYARD_WORK', value: '/work' },
            { name: 'SWITCHYARD_POD', value: id },
            ...(agent ? agentEnv(agent) : []),
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
            ...(agent ? agentMounts(agent) : []),
          ],
          ...(agent ? { livenessProbe } : {}),
        },
      ],
      volumes: [
        { name: 'home', emptyDir: { sizeLimit } },
        { name: 'tmp', emptyDir: { sizeLimit } },
        at.keepsWork
          ? { name: 'work', persistentVolumeClaim: { claimName: claimName(spec.workspace.key) } }
          : { name: 'work', emptyDir: { sizeLimit } },
        ...(agent ? agentVolumes(agent) : []),
      ],
    },
  }
}

/** CPUs and memory in the words of the API. */
export const amountsOf = ({ cpus, memoryMb }: Resources): Record<'cpu' | 'memory', string> => ({
  cpu: `${Math.round(cpus * 1000)}m`,
  memory: `${memoryMb}Mi`,
})

/** What the pod is told, which goes when its owner goes: the pod, or the Sandbox that outlives pods. */
export const secretManifest = (
  spec: PodSpec,
  mark: Mark,
  owner: { apiVersion: string; kind: 'Pod' | 'Sandbox'; uid: string },
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: spec.id,
    namespace: namespaceOf(mark, spec.org),
    labels: labelsOf(mark, spec.org),
    ownerReferences: [{ ...owner, name: spec.id }],
  },
  immutable: true,
  stringData: spec.env,
})

/** A field takes one name at a time, and all that one term says has to hold. */
function affinityOf(terms: unknown[], avoids: string[]): object {
  if (terms.length + avoids.length === 0) return {}
  const named = avoids.map((name) => ({
    key: 'metadata.name',
    operator: 'NotIn',
    values: [name],
  }))
  const matchFields = named.length === 0 ? {} : { matchFields: named }
  const nodeSelectorTerms =
    terms.length === 0
      ? [matchFields]
      : terms.map((matchExpressions) => ({ matchExpressions, ...matchFields }))
  return {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  }
}
