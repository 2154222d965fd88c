import { join } from 'node:path'
import { owner } from '../../../hub/auth/owner.ts'
import { expect, onTestFinished, test } from 'vitest'
import type { ControllerContext } from '../../../hub/controllers/context.ts'
import { dispatch } from '../../../hub/controllers/dispatch.ts'
import { makeLogger } from '../../../hub/log.ts'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import { HubError } from '../../../schemas/errors.ts'
import { admitPod } from '../../../servers/cluster/store/pods.ts'
import { Store } from '../../../servers/kit/store.ts'
import { newTaskRow } from '../../../servers/orchestration/store/task-row.ts'
import { insertTask } from '../../../servers/orchestration/store/tasks.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { newTask } from '../../helpers/tasks.ts'

type Answer = (args: Record<string, unknown>, store: Store) => unknown

const candidate = { fits: true, passes: true, score: 1, reasons: [] }
const node = { ...candidate, kind: 'node', name: 'local/n1' }
const idle = { ...candidate, kind: 'agent', name: 'worker-1' }
/** Records a pod of a task as pod_run does. */
const admitOn = (store: Store, cluster: string, task: unknown) =>
  admitPod(
    store,
    {
      ids: { pod: `pod-of-${String(task)}`, token: `token-of-${String(task)}` },
      org: 'default',
      task: String(task),
      command: [],
      timeoutMs: 60_000,
    },
    () => ({
      ...{ cluster, node: 'n1', isolation: 'none', limits: [], identifies: false },
      resources: { cpus: 1, memoryMb: 64 },
    }),
  )
/** What tools answer where a test says nothing else. */
const otherwise: Record<string, Answer> = { placement_explain: () => ({ candidates: [node] }) }

/** The dispatcher over a real queue; the test stands for the tools that it calls. */
async function startDispatch(
  tasks: string[],
  tools: Record<string, Answer>,
  maxPods = 8,
  clusters: { id: string; runsAgents: boolean; podLimit?: number }[] = [],
) {
  const clock = new ManualClock()
  const store = new Store(join(makeFolder(), 'switchyard.db'), clock.now, clock)
  for (const id of tasks)
    await store.transaction((tx) =>
      insertTask(tx, newTaskRow(newTask(id), owner.id, tx.now), owner),
    )
  const calls: { tool: string; args: Record<string, unknown> }[] = []
  const stopping = new AbortController()
  const file = ConfigFile.parse({}) // One object for as long as nobody changes it, as in a hub.
  const context: ControllerContext = {
    config: () => ({ ...readSettings({}, { maxPods }), file }),
    onConfig: () => () => {},
    log: makeLogger('silent'),
    clock,
    store,
    dataDir: '',
    context: { follow: () => Promise.resolve() },
    signal: stopping.signal,
    clusters: { list: () => [{ id: 'local', runsAgents: true }, ...clusters] },
    carriers: { peerNames: () => Promise.resolve([]) },
    askPeer: () => Promise.reject(new Error('there are no peers')),
    callPeer: () => Promise.reject(new Error('there are no peers')),
    call: async <T>(tool: string, args: Record<string, unknown>) => {
      calls.push({ tool, args })
      return (await (tools[tool] ?? otherwise[tool] ?? (() => ({ items: [] })))(args, store)) as T // The test's own answer.
    },
  }
  const running = dispatch(context)
  onTestFinished(async () => {
    stopping.abort()
    await running
    await store.close()
  })
  const argsOf = (name: string) =>
    calls.filter(({ tool }) => tool === name).map(({ args }) => args.task)
  return { clock, argsOf, calls }
}

test('a task whose agent never claims it is started four times and then given up', async () => {
  const { clock, argsOf } = await startDispatch(['task-1'], {
    pod_run: () => ({}),
    pod_log: () => ({ data: 'no such module' }),
  })
  await until(async () => {
    await clock.advance(1000)
    return argsOf('task_settle').length > 0
  })
  expect(argsOf('pod_run')).toEqual(Array(4).fill('task-1'))
  expect(argsOf('task_settle')[0]).toBe('task-1')
})

test('a pod that cannot be started is tried for less and less often, and the task says why', async () => {
  const { clock, argsOf, calls } = await startDispatch(['task-1'], {
    pod_run: () => {
      throw new HubError('unavailable', 'the cluster east does not answer')
    },
  })
  await until(() => argsOf('pod_run').length === 1)
  for (let second = 0; second < 600; second++) await clock.advance(1000)
  // 2, 4, 8, 16 and 32 seconds apart, and then a minute.
  expect(argsOf('pod_run').length).toBeGreaterThan(10)
  expect(argsOf('pod_run').length).toBeLessThan(17)
  expect(argsOf('task_settle')).toEqual([])
  const said = calls.filter(({ tool }) => tool === 'task_hold').at(-1)?.args.reason
  expect(said).toContain('tried again in 60 s: the cluster east does not answer')
})

test('a task whose pod is refused for good is tried four times and ends with the reason', async () => {
  const { clock, argsOf, calls } = await startDispatch(['task-1'], {
    pod_run: () => {
      throw new HubError('unsupported', 'this cluster runs no agents')
    },
  })
  await until(async () => {
    await clock.advance(1000)
    return argsOf('task_settle').length > 0
  })
  expect(argsOf('pod_run')).toHaveLength(4)
  expect(calls.find(({ tool }) => tool === 'task_settle')?.args).toMatchObject({
    event: 'unstartable',
    message: expect.stringContaining('runs no agents') as string,
  })
})

test('no more is started than there is room for, in the order of the queue', async () => {
  const { clock, argsOf } = await startDispatch(
    ['task-1', 'task-2', 'task-3'],
    {
      pod_run: ({ task }, store) => admitOn(store, 'local', task),
    },
    2,
  )
  await until(() => argsOf('pod_run').length === 2)
  await clock.advance(10_000)
  expect(argsOf('pod_run')).toEqual(['task-1', 'task-2'])
})

test('a task is left to an idle long-lived agent for a moment', async () => {
  const { clock, argsOf } = await startDispatch(['task-1'], {
    placement_explain: () => ({ candidates: [idle, node] }),
    pod_run: () => ({}),
  })
  await until(() => argsOf('placement_explain').length > 0)
  await clock.advance(1400)
  expect(argsOf('pod_run')).toEqual([])
  await until(async () => {
    await clock.advance(100)
    return argsOf('pod_run').length > 0
  })
})

test('the most pods of this machine bound no other cluster', async () => {
  let started = 0
  const { clock, argsOf } = await startDispatch(
    ['task-1', 'task-2', 'task-3', 'task-4'],
    {
      pod_run: ({ task }, store) => admitOn(store, started++ === 0 ? 'local' : 'east', task),
    },
    1,
    [
      { id: 'east', runsAgents: true, podLimit: 2 },
      { id: 'commands', runsAgents: false, podLimit: 9 },
    ],
  )
  await until(() => argsOf('pod_run').length === 3)
  for (let second = 0; second < 20; second++) await clock.advance(1000)
  expect(argsOf('pod_run')).toEqual(['task-1', 'task-2', 'task-3'])
})
