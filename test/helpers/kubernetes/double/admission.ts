import type { Kept, Objects } from './objects.ts'

/** A refusal as the API writes it. */
export const refusal = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  code,
})

type Container = {
  image: string
  securityContext?: { capabilities?: unknown }
  resources: { requests: { cpu: string } }
}

type Volume = { projected?: { sources: { serviceAccountToken: { audience: string } }[] } }

/** Why a pod is not let in, in the words of the real admission, as far as the hub's baseline goes. */
export function podRefusal(objects: Objects, pod: Pick<Kept, 'metadata' | 'spec'>) {
  const { name, namespace } = pod.metadata
  const containers = pod.spec?.containers as Container[] // Of a pod.
  const forbidden = (why: string) =>
    refusal(403, 'Forbidden', `pods "${name}" is forbidden: ${why}`)
  const policies = objects
    .list('validatingadmissionpolicies', undefined)
    .filter((policy) => policy.metadata.name.endsWith(namespace?.split('-').at(-1) ?? ''))
  const other = containers.find(({ image }) =>
    policies.some((policy) => !JSON.stringify(policy.spec).includes(image)),
  )
  if (other) {
    const policy = policies[0]?.metadata.name
    const why = `ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: another image`
    return refusal(422, 'Invalid', `pods "${name}" is forbidden: ${why}`)
  }
  const audiences = ((pod.spec?.volumes ?? []) as Volume[]).flatMap(({ projected }) =>
    (projected?.sources ?? []).map(({ serviceAccountToken }) => serviceAccountToken.audience),
  )
  if (audiences.some((one) => policies.some(({ spec }) => !JSON.stringify(spec).includes(one)))) {
    const policy = policies[0]?.metadata.name
    const why = `ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: another token`
    return refusal(422, 'Invalid', `pods "${name}" is forbidden: ${why}`)
  }
  if (containers.some(({ securityContext }) => !securityContext?.capabilities))
    return forbidden('violates PodSecurity "restricted:latest": unrestricted capabilities')
  const cpus = (one: Pick<Kept, 'spec'>) =>
    milli(((one.spec?.containers ?? []) as Container[])[0]?.resources.requests.cpu ?? '0') // The same.
  const [quota] = objects.list('resourcequotas', namespace)
  const hard = quota?.spec?.hard as { 'requests.cpu': string } | undefined // As the hub sent it.
  const live = objects
    .list('pods', namespace)
    .filter(({ status }) => !['Succeeded', 'Failed'].includes(String(status?.phase)))
  const used = live.reduce((sum, one) => sum + cpus(one), 0)
  if (hard && used + cpus(pod) > milli(hard['requests.cpu']))
    return forbidden(
      `exceeded quota: org, requested: requests.cpu=${cpus(pod)}m, used: requests.cpu=${used}m`,
    )
  return undefined
}

/** The refusal of the Eviction API where a disruption budget of the namespace leaves no room. */
export function evictionRefusal(objects: Objects, pod: Kept) {
  const budget = objects.list('poddisruptionbudgets', pod.metadata.namespace)[0]
  if (!budget) return undefined
  const message = `The disruption budget ${budget.metadata.name} needs 1 healthy pods and has 1 currently`
  return {
    ...refusal(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
    ),
    details: { causes: [{ reason: 'DisruptionBudget', message }] },
  }
}

/** What the API server writes on a pod before it deletes it for an eviction. */
export const evictedByApi = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
}

export const milli = (cpu: string) =>
  cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000
