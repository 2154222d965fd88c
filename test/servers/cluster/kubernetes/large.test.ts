import { expect, test } from 'vitest'
import type { Capacity, Cluster, Pod, PodGroup } from '../../../../schemas/cluster.ts'
import { tokensOf } from '../../../../servers/context/engine/tokens.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import { keyOf } from '../../../helpers/kubernetes/double/objects.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { ask } from '../../../helpers/raw-mcp.ts'

const image = 'docker.io/local/box:1'

/** Nodes and pods of others, as the double keeps what it is told. */
function fill({ objects }: Double, nodes: number, pods: number): void {
  const [node] = objects.list('nodes', undefined)
  for (let n = 0; n < nodes; n++)
    objects.set(keyOf('nodes', undefined, `big-${n}`), {
      ...node!,
      metadata: { name: `big-${n}`, labels: node!.metadata.labels },
    })
  for (let n = 0; n < pods; n++)
    objects.set(keyOf('pods', 'others', `pod-${n}`), {
      kind: 'Pod',
      metadata: { name: `pod-${n}`, namespace: 'others' },
      spec: {
        nodeName: `big-${n % nodes}`,
        containers: [{ resources: { requests: { cpu: '500m', memory: '512Mi' } } }],
      },
      status: { phase: 'Running' },
    })
}

test('a cluster of thousands is a line, its nodes come in pages, and pods are counted on demand', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const { kubeconfig, context } = double
  await hub.call('cluster_add', { cluster: 'kube', kubeconfig, context, image })
  const [nodes, pods] = [2000, 450]
  fill(double, nodes, pods)
  // What was read when it was added counts for some seconds.
  await new Promise((resolve) => setTimeout(resolve, 5500))

  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)).toMatchObject({
    id: 'kube',
    nodes: nodes + 1,
    allPods: pods,
    pods: 0,
    cpus: { promised: pods / 2, total: (nodes + 1) * 4 },
  })
  const textOf = async (tool: string, args: object) => {
    const { result } = await ask(hub, 'tools/call', { name: tool, arguments: args })
    return (result.content as { text: string }[])[0]!.text // Our tools answer in texts.
  }
  const lines = (await textOf('cluster_list', {})).split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines.slice(1)) expect(tokensOf(line)).toBeLessThanOrEqual(50)

  const names = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await hub.call<{ items: Capacity[]; next?: string }>('node_list', {
      cluster: 'kube',
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    })
    expect(page.items.length).toBeLessThanOrEqual(200)
    for (const { node } of page.items) names.add(node)
    cursor = page.next
  } while (cursor !== undefined)
  expect(names.size).toBe(nodes + 1)
  expect(tokensOf(await textOf('node_list', { cluster: 'kube' }))).toBeLessThan(2500)
  expect(tokensOf(await textOf('capacity_read', { cluster: 'kube' }))).toBeLessThan(400)

  const command = ['sleep', '60']
  for (const cluster of ['local', 'kube', 'kube'])
    await hub.call<Pod>('pod_run', { command, cluster, resources: { cpus: 0.1, memoryMb: 64 } })
  const { groups } = await hub.call<{ groups: PodGroup[] }>('pod_list', { by: 'cluster' })
  expect(groups.map(({ name, pods: count }) => [name, count])).toEqual([
    ['kube', 2],
    ['local', 1],
  ])
  expect(await textOf('pod_list', { by: 'org' })).toMatch(/^default: 3 pods \(/)
  const local = await hub.call<{ items: Pod[] }>('pod_list', { cluster: 'local' })
  expect(local.items).toHaveLength(1)
  expect((await hub.call<{ items: Pod[] }>('pod_list', { state: 'exited' })).items).toEqual([])
  expect(await failure(hub.call('pod_list', { by: 'colour' }))).toMatchObject({ code: 'invalid' })
  const vera = await hub.as('vera', 'viewer', ['other'])
  expect(await vera.call('pod_list', { by: 'cluster' })).toEqual({ items: [], groups: [] })
})
