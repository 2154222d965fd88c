import type { ConfigFile } from '../../schemas/config.ts'
import type { Quota } from '../../schemas/quota.ts'
import { Resources } from '../../schemas/task.ts'
import type { SetQuota } from './store/quotas.ts'
import type { PodRow } from './store/pods.ts'

/** What the live pods of an org have together. */
export type QuotaUse = {
  pods: number
  cpus: number
  memoryMb: number
  gpus: number
  templates: Record<string, number>
}

/** What holds for an org: what was set, else what is configured. */
export function quotaOf(
  { orgs }: Pick<ConfigFile, 'orgs'>,
  org: string,
  set: Pick<SetQuota, 'limits'> | undefined,
): Quota {
  const { maxPods, quota } = orgs[org] ?? {}
  return set?.limits ?? { ...(maxPods === undefined ? {} : { pods: maxPods }), ...quota }
}

export function quotaUse(live: readonly PodRow[]): QuotaUse {
  const use: QuotaUse = { pods: 0, cpus: 0, memoryMb: 0, gpus: 0, templates: {} }
  for (const pod of live) {
    const { cpus, memoryMb, gpus = 0 } = Resources.parse(JSON.parse(pod.resources))
    use.pods++
    use.cpus += cpus
    use.memoryMb += memoryMb
    use.gpus += gpus
    if (pod.template !== null) use.templates[pod.template] = (use.templates[pod.template] ?? 0) + 1
  }
  return { ...use, cpus: Math.round(use.cpus * 1000) / 1000 }
}

/** Whether more is limited than the number of pods, so that what they have has to be added up. */
export const countsUse = (limits: Quota): boolean =>
  Object.entries(limits).some(([name, limit]) => name !== 'pods' && limit !== undefined)

/** Why one more pod would be too much: for good, or until others end. */
export type Over = { lasting: string[]; passing: string[] }

const units = [
  ['cpus', 'CPUs'],
  ['memoryMb', 'MiB'],
  ['gpus', 'GPUs'],
] as const

/** Pods alone are counted where nodes are rated; here is the rest. */
export function overQuota(
  limits: Quota,
  use: QuotaUse,
  asked: { resources: Resources; template: string | undefined },
): Over {
  const over: Over = { lasting: [], passing: [] }
  for (const [name, unit] of units) {
    const limit = limits[name]
    const wanted = asked.resources[name] ?? 0
    if (limit === undefined || wanted === 0) continue
    if (wanted > limit)
      over.lasting.push(`${wanted} ${unit} asked for, the org may have ${limit} in all`)
    else if (use[name] + wanted > limit)
      over.passing.push(`${wanted} ${unit} asked for, the org has ${use[name]} of ${limit}`)
  }
  const { template } = asked
  const most = template === undefined ? undefined : limits.templates?.[template]
  if (template === undefined || most === undefined) return over
  const now = use.templates[template] ?? 0
  if (most === 0) over.lasting.push(`the org may run no pods of the template ${template}`)
  else if (now >= most)
    over.passing.push(`the org runs ${now} of ${most} pods of the template ${template}`)
  return over
}
