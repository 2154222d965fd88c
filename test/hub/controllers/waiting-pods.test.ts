import { expect, test } from 'vitest'
import type { Capacity } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import type { ClusterDriver } from '../../../servers/kit/cluster-driver.ts'
import { startHub, until } from '../../helpers/hub.ts'

const node: Capacity = {
  node: 'n1',
  cluster: 'slow',
  tags: [],
  health: 'ready',
  cpus: { total: 4, promised: 0, load: 0 },
  memoryMb: { total: 8000, available: 8000, promised: 0 },
  diskMb: { total: 1000, available: 1000 },
  gpus: [],
  pods: { live: 0, limit: 8 },
  isolation: 'container',
  at: 0,
}

/** A cluster that takes pods on and never has them run. */
const slow = (): ClusterDriver => {
  const over = new AbortController()
  const nothing = () => Promise.resolve()
  const none = () => {
    throw new Error('nothing runs here')
  }
  return {
    id: 'slow',
    kind: 'slow',
    runsAgents: true,
    limits: [],
    isolation: () => Promise.resolve({ level: 'container', reason: 'by name' }),
    health: () => Promise.resolve({ state: 'ready' }),
    nodes: () => Promise.resolve([node]),
    start: () =>
      Promise.resolve({
        handle: '{}',
        state: 'starting',
        node: '',
        changes: (async function* () {
          yield { state: 'waiting' as const, reason: 'no node takes it: 0/3 nodes are available' }
          if (!over.signal.aborted)
            await new Promise((resolve) => over.signal.addEventListener('abort', resolve))
          yield { state: 'exited' as const, exitCode: null, reason: 'over' }
        })(),
      }),
    adopt: () => Promise.resolve(undefined),
    stop: () => Promise.resolve(over.abort()),
    suspend: nothing,
    resume: nothing,
    exec: none,
    reach: () => Promise.reject(new Error('not reached')),
    logs: none,
    sweep: () => Promise.resolve({ killed: 0, removed: 0 }),
    close: nothing,
  }
}

test('a task whose pod waits says what for', async () => {
  const hub = await startHub({ dispatch: 'local' })
  hub.hub.clusters.register(slow())
  const { id: task } = await hub.call<Task>('task_submit', {
    template: 'command',
    command: 'true',
    requirements: { cluster: 'slow' },
  })
  const read = async () => (await hub.call<{ task: Task }>('task_read', { task })).task
  await until(async () => (await read()).pendingReason !== undefined)
  expect(await read()).toMatchObject({
    state: 'queued',
    pendingReason: 'its pod waits: no node takes it: 0/3 nodes are available',
  })
})
