import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { starvesMs } from '../../../hub/controllers/starving.ts'
import type { PlacementCandidate } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { startDouble } from '../../helpers/kubernetes/double/server.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { argsOf, host, podsOf, taskOf } from '../../servers/cluster/kubernetes/agent-cluster.ts'

const resourcesOf = (cpus: number) => ({ resources: { cpus, memoryMb: 64 } })
const small = { ...resourcesOf(1), requirements: { cluster: 'kube' } }

/**
 * A cluster of one node with 4 CPUs on which two tasks of 1.5 run, and one of 3 for which it is kept: that
 * of 1 CPU which comes then would fit, were it not for that.
 */
async function startHeld() {
  const clock = new ManualClock(Date.now())
  const double = await startDouble()
  const [data, gates] = [makeFolder('hub'), makeFolder()]
  const start = async (dispatch: 'local' | 'off' = 'local') => {
    const started = await startHub({
      ...{ clock, data, dispatch, allowedHosts: host },
      leaseMs: 600_000,
    })
    double.services.set(host, started.url)
    return started
  }
  let hub: TestHub = await start()
  /** Lets time pass until something holds. */
  const passUntil = (holds: () => Promise<boolean> | boolean, stepMs = 100) =>
    until(async () => {
      await clock.advance(stepMs)
      return holds()
    })
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false
    const over = () => void (isOver = true)
    work.then(over, over)
    await passUntil(() => isOver)
    return work
  }
  await during(hub.call('cluster_add', argsOf(double)))
  const gate = (name: string) => join(gates, name)
  const submit = async (name: string, asked: object) => {
    const command = `until [ -e ${gate(name)} ]; do sleep 0.1; done`
    const task = { template: 'command', command, requirements: { cluster: 'kube' } }
    return (await hub.call<Task>('task_submit', { ...task, ...asked })).id
  }
  const isIn = (task: string, state: Task['state']) =>
    passUntil(async () => (await taskOf(hub, task)).state === state)
  const explain = async (asked: object) =>
    (
      await hub.call<{ candidates: PlacementCandidate[] }>('placement_explain', { ...asked })
    ).candidates.find(({ cluster }) => cluster === 'kube')

  const first = await submit('first', resourcesOf(1.5))
  const second = await submit('second', resourcesOf(1.5))
  for (const task of [first, second]) await isIn(task, 'running')
  const large = await submit('large', resourcesOf(3))
  const since = clock.now()
  expect(await explain(small)).toMatchObject({ fits: true })
  const held = `held for task ${large}`
  const isHeld = async () => (await explain(small))?.reasons.includes(held) === true
  await passUntil(isHeld, 500)
  expect(clock.now() - since).toBeGreaterThanOrEqual(starvesMs)
  const waiting = await submit('waiting', small)
  return {
    ...{ first, second, large, waiting, held, clock, isHeld, isIn, explain, passUntil },
    open: (name: string) => writeFileSync(gate(name), ''),
    call: <T>(tool: string, args: object) => hub.call<T>(tool, { ...args }),
    state: async (task: string) => (await taskOf(hub, task)).state,
    reason: async (task: string) => (await taskOf(hub, task)).pendingReason,
    pods: (task: string) => podsOf(hub, task),
    restart: async (dispatch?: 'off') => {
      await during(hub.hub.stop())
      hub = await during(start(dispatch))
    },
  }
}

/** Lets some time pass, in steps in which the dispatcher looks around. */
async function pass({ clock, passUntil }: Awaited<ReturnType<typeof startHeld>>, ms: number) {
  const end = clock.now() + ms
  await passUntil(() => clock.now() >= end, 500)
}

test('a node is kept for a large task that small ones would pass by, until its pod runs there', async () => {
  const at = await startHeld()
  expect(await at.reason(at.large)).toBe(
    'it fits nowhere now; what becomes free on kube/node-1 is kept for it',
  )
  expect(await at.explain({ task: at.waiting })).toMatchObject({
    ...{ fits: false, passes: true, full: true },
    reasons: ['1 CPUs asked for, 0 unpromised', at.held],
  })
  const run = at.call('pod_run', { command: ['true'], cluster: 'kube', ...resourcesOf(1) })
  expect(await failure(run)).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining(at.held) as string,
  })
  await pass(at, 20_000)
  at.open('first')
  await at.passUntil(async () => (await at.pods(at.first))[0]?.state === 'exited')
  await pass(at, 5000)
  expect(await at.pods(at.waiting)).toEqual([])
  expect(await at.isHeld()).toBe(true)
  at.open('second')
  await at.isIn(at.large, 'running')
  const [pod] = await at.pods(at.large)
  expect(pod).toMatchObject({ node: 'node-1', state: 'running' })
  expect(await at.isHeld()).toBe(false)
  // What the large one leaves is anybody's again.
  await at.isIn(at.waiting, 'running')
  const { items } = await at.call<{ items: object[] }>('audit_list', { tool: 'node_reserve' })
  expect(items).toHaveLength(1)
})

test('a hub that is restarted still keeps the node, also from those that ran there before', async () => {
  const at = await startHeld()
  await at.restart('off')
  expect(await at.state(at.first)).toBe('queued')
  const reasons = async () => (await at.explain({ task: at.first }))?.reasons
  expect(await reasons()).toEqual(['1.5 CPUs asked for, 1 unpromised', at.held])
  expect(await at.explain({ task: at.large })).toMatchObject({ fits: true })
  await at.restart()
  await at.isIn(at.large, 'running')
  expect(await reasons()).not.toContain(at.held)
  at.open('large')
  for (const task of [at.first, at.second]) await at.isIn(task, 'running')
})

test('what was kept for a task that is canceled is there for the others at once', async () => {
  const at = await startHeld()
  await pass(at, 3000)
  expect(await at.state(at.waiting)).toBe('queued')
  await at.call('task_cancel', { task: at.large })
  expect(await at.isHeld()).toBe(false)
  await at.isIn(at.waiting, 'running')
  for (const task of [at.first, at.second]) expect(await at.state(task)).toBe('running')
})

test('a pod that ended a moment ago is not taken for one of others, for which no node is kept', async () => {
  const at = await startHeld()
  // It is looked after every 10 s, and what is known of a cluster is up to 5 s old.
  await pass(at, 9000)
  at.open('first')
  await until(async () => (await at.pods(at.first))[0]?.state === 'exited')
  await pass(at, 2500)
  expect(await at.isHeld()).toBe(true)
})
