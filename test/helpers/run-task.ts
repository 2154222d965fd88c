import type { HubClient } from '../../agent/hub-client.ts'
import type { Granted } from '../../agent/lease.ts'
import type { Artifact } from '../../schemas/artifact.ts'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from './hub.ts'
import { until } from './hub.ts'
import { textShown } from './raw-mcp.ts'

const settled = ['succeeded', 'failed', 'canceled', 'in_review']

/** Submits a task to a hub that starts agents, and returns it once it is settled. */
export async function runTask(hub: TestHub, request: Record<string, unknown>): Promise<Task> {
  const { id } = await hub.call<Task>('task_submit', request)
  const read = async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task
  await until(async () => settled.includes((await read()).state), 120_000)
  return read()
}

/** The text of a task's artifact by its name; undefined when it has none such. */
export async function artifactText(
  hub: TestHub,
  task: string,
  name: string,
): Promise<string | undefined> {
  const { items } = await hub.call<{ items: Artifact[] }>('artifact_list', { task })
  const artifact = items.find((one) => one.name === name)
  if (!artifact) return undefined
  const args = { artifact: artifact.id, max_bytes: 3_000_000 }
  return (await hub.call<{ data: string }>('artifact_read', args)).data
}

/** Everything a task's attempts wrote to its log. */
export async function logOf(hub: Pick<TestHub, 'call'> | HubClient, task: string): Promise<string> {
  const { items } = await hub.call<{ items: { data: string }[] }>('task_log', {
    task,
    max_bytes: 1_000_000,
  })
  return items.map(({ data }) => data).join('')
}

/** What a model reads of a task. */
export const textRead = (hub: TestHub, task: string): Promise<string> =>
  textShown(hub, 'task_read', { task })

/** Submits a task, claims it and keeps an artifact of it, without an agent. */
export async function keepArtifact(
  hub: Pick<TestHub, 'call'>,
  artifact: Record<string, unknown>,
  org = 'default',
): Promise<Artifact> {
  const command = { template: 'command', command: 'true' }
  const task = await hub.call<Task>('task_submit', { ...command, org })
  const agent = `worker-${task.id}`
  const claimed = await hub.call<{ lease?: Granted }>('task_claim', { agent, org })
  if (claimed.lease?.task.id !== task.id) throw new Error('another task was claimed')
  const { fence } = claimed.lease
  return hub.call<Artifact>('artifact_create', { task: task.id, fence, ...artifact })
}
