import type { Pod } from '../../schemas/cluster.ts'
import type { ControllerContext } from './context.ts'

/** The pods that have not ended, of one task or of all. */
export async function livePods(
  { call }: Pick<ControllerContext, 'call'>,
  task?: string,
): Promise<Pod[]> {
  const pods: Pod[] = []
  let cursor: string | undefined
  do {
    const page = await call<{ items: Pod[]; next?: string }>('pod_list', {
      limit: 200,
      ...(task === undefined ? {} : { task }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    pods.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return pods
}
