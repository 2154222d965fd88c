import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { owner } from '../../../hub/auth/owner.ts'
import type { ControllerContext } from '../../../hub/controllers/context.ts'
import { dispatch } from '../../../hub/controllers/dispatch.ts'
import { mostVictims, youngestMs } from '../../../hub/controllers/victims.ts'
import { makeLogger } from '../../../hub/log.ts'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import type { Event } from '../../../schemas/event.ts'
import type { Attempt, Task } from '../../../schemas/task.ts'
import { HubError } from '../../../schemas/errors.ts'
import { Store } from '../../../servers/kit/store.ts'
import { newTaskRow } from '../../../servers/orchestration/store/task-row.ts'
import { insertTask, moveTask, readTask } from '../../../servers/orchestration/store/tasks.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { newTask } from '../../helpers/tasks.ts'

type Plan = { at: number; priority: number; cpus: number; seconds: number; org: string }

/** The dispatcher over a real queue and one machine of 4 CPUs, which the test keeps. */
async function simulate(plans: Plan[]) {
  const clock = new ManualClock()
  const store = new Store(join(makeFolder(), 'switchyard.db'), clock.now, clock)
  const file = ConfigFile.parse({ orgs: { a: { preemption: 'lower' }, b: {} } })
  type Live = {
    id: string
    task: string
    plan: Plan
    createdAt: number
    endsAt: number
    isClaimed: boolean
  }
  const live = new Map<string, Live>()
  const moved: { victim: Plan; age: number; by: string; task: string }[] = []
  const planOf = new Map<string, Plan>()
  const left = new Map<string, number>()
  const underWay = new Set<object>()
  const free = (without: string[]) =>
    [...live.values()].reduce(
      (sum, { id, plan }) => sum - (without.includes(id) ? 0 : plan.cpus),
      4,
    )
  const toState = async (
    task: string,
    ...events: ('claim' | 'start' | 'succeed' | 'requeue')[]
  ) => {
    await store.transaction(async (tx) => {
      for (const event of events) await moveTask(tx, (await readTask(tx, task))!, event)
    })
  }
  const tools: Record<string, (args: Record<string, unknown>) => unknown> = {
    pod_list: () => ({
      items: [...live.values()].map(({ id, task, plan, createdAt }) => ({
        ...{ id, task, org: plan.org, cluster: 'local', node: 'n1' },
        ...{ state: 'running', createdAt },
      })),
    }),
    placement_explain: ({ task, without = [], resources }) => {
      const cpus = planOf.get(String(task))?.cpus ?? (resources as { cpus: number }).cpus
      const fits = cpus <= free(without as string[])
      return {
        candidates: [{ kind: 'node', name: 'n1', fits, passes: true, score: 1, reasons: [] }],
      }
    },
    pod_run: async ({ task }) => {
      const [id, plan] = [String(task), planOf.get(String(task))!]
      if (plan.cpus > free([])) throw new HubError('exhausted', 'no room')
      const pod = `pod-${live.size}-${id}-${clock.now()}`
      const endsAt = clock.now() + left.get(id)!
      const one = { id: pod, task: id, plan, createdAt: clock.now(), endsAt, isClaimed: false }
      live.set(pod, one)
      await toState(id, 'claim', 'start')
      one.isClaimed = true
    },
    pod_evict: async ({ pod, reason }) => {
      const one = live.get(String(pod))
      if (!one) return
      live.delete(one.id)
      left.set(one.task, one.endsAt - clock.now())
      const by = String(reason).split(' ')[0]!
      moved.push({ victim: one.plan, age: clock.now() - one.createdAt, by, task: one.task })
      await toState(one.task, 'requeue')
    },
  }
  const stopping = new AbortController()
  const context: ControllerContext = {
    config: () => ({ ...readSettings({}, { maxPods: 8 }), file }),
    onConfig: () => () => {},
    log: makeLogger('silent'),
    clock,
    store,
    dataDir: '',
    context: { follow: () => Promise.resolve() },
    signal: stopping.signal,
    clusters: { list: () => [{ id: 'local', runsAgents: true }] },
    carriers: { peerNames: () => Promise.resolve([]) },
    askPeer: () => Promise.reject(new Error('there are no peers')),
    callPeer: () => Promise.reject(new Error('there are no peers')),
    call: async <T>(tool: string, args: Record<string, unknown>) => {
      const one = {}
      underWay.add(one)
      try {
        return (await (tools[tool] ?? (() => ({ items: [] })))(args)) as T // The test's own answer.
      } finally {
        underWay.delete(one)
      }
    },
  }
  const running = dispatch(context)
  const todo = plans.map((plan, n) => ({ plan, id: `task-${n}` }))
  const done = new Set<string>()
  for (let second = 0; done.size < plans.length && second < 6000; second++) {
    for (const { plan, id } of todo.filter(({ plan: { at } }) => at === second)) {
      planOf.set(id, plan)
      left.set(id, plan.seconds * 1000)
      const row = newTaskRow(
        { ...newTask(id, plan.org), priority: plan.priority },
        owner.id,
        clock.now(),
      )
      await store.transaction((tx) => insertTask(tx, row, owner))
    }
    for (const one of live.values())
      if (one.isClaimed && one.endsAt <= clock.now()) {
        live.delete(one.id)
        done.add(one.task)
        await toState(one.task, 'succeed')
      }
    await clock.advance(1000)
    // What the dispatcher began is through before more time passes.
    do await new Promise((resolve) => setImmediate(resolve))
    while (underWay.size > 0)
  }
  stopping.abort()
  await running
  await store.close()
  return { moved, planOf, ended: [...done], unfinished: plans.length - done.size }
}

// A machine full of the lesser, for which something urgent comes once they are old enough.
const urgent: Plan[] = [
  { at: 0, priority: 0, cpus: 4, seconds: 200, org: 'a' },
  { at: 1, priority: 0, cpus: 4, seconds: 20, org: 'a' },
  // A minute of priority: the others are longer in the queue than that.
  { at: 100, priority: 1, cpus: 4, seconds: 20, org: 'a' },
]

test('whatever comes, only lower priorities make room, each gets its turn, and nothing goes in circles', async () => {
  const plan = fc.record({
    at: fc.integer({ min: 0, max: 150 }),
    priority: fc.constantFrom(-10, 0, 0, 0, 1, 5, 50),
    cpus: fc.constantFrom(1, 2, 4),
    seconds: fc.integer({ min: 5, max: 300 }),
    org: fc.constantFrom('a', 'a', 'a', 'b'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: 2, maxLength: 8 }), async (plans) => {
      const { moved, planOf, unfinished } = await simulate(plans)
      const rounds = new Map<string, number>()
      for (const { victim, age, by, task } of moved) {
        const winner = planOf.get(by)!
        expect(victim.priority).toBeLessThan(winner.priority)
        expect(victim.org).toBe(winner.org)
        expect(winner.org).toBe('a')
        expect(age).toBeGreaterThanOrEqual(youngestMs)
        expect(task).not.toBe(by)
        rounds.set(by, (rounds.get(by) ?? 0) + 1)
      }
      for (const count of rounds.values())
        // A winner that was itself moved away later is queued anew and may have others moved again.
        expect(count).toBeLessThanOrEqual(
          mostVictims * (1 + moved.filter(({ task }) => rounds.has(task)).length),
        )
      expect(unfinished).toBe(0)
    }),
    { numRuns: 25, endOnFailure: true, examples: [[urgent]] },
  )
})

test('an urgent task gets the place of a lesser one, which goes on after it', async () => {
  const { moved, unfinished, ended } = await simulate(urgent)
  // The one that was moved away came first, and yet the urgent one has its place.
  expect(moved.map(({ task, by }) => [task, by])).toEqual([['task-0', 'task-2']])
  expect(ended[0]).toBe('task-2')
  expect(unfinished).toBe(0)
})

test('on a real hub: the place of a lesser task is taken where the org wants it, and else not', async () => {
  const clock = new ManualClock(Date.now())
  const data = makeFolder('hub')
  const configure = (preemption: string) =>
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ allowUnisolated: true, orgs: { default: { preemption } } }),
    )
  configure('never')
  const hub = await startHub({ data, dispatch: 'local', maxPods: 1, clock, leaseMs: 600_000 })
  const gate = join(makeFolder(), 'go')
  const read = (task: string) =>
    hub.call<{ task: Task; attempts: Attempt[] }>('task_read', { task })
  const advance = (holds: () => Promise<boolean>) =>
    until(async () => {
      await clock.advance(200)
      return holds()
    })
  const submit = (command: string, priority: number) =>
    hub.call<Task>('task_submit', { template: 'command', command, priority })
  const { id: low } = await submit(`until [ -e ${gate} ]; do sleep 0.1; done`, 0)
  await advance(async () => (await read(low)).task.state === 'running')
  await clock.advance(youngestMs)
  const { id: high } = await submit('true', 50)
  for (let n = 0; n < 30; n++) await clock.advance(500)
  expect((await read(low)).task.state).toBe('running')
  configure('lower')
  await advance(async () => (await read(high)).task.state === 'succeeded')
  await advance(async () => (await read(low)).task.state === 'running')
  writeFileSync(gate, '')
  await advance(async () => (await read(low)).task.state === 'succeeded')
  const { attempts } = await read(low)
  expect(attempts.map(({ state }) => state)).toEqual(['succeeded', 'evicted'])
  expect(attempts[1]?.failure?.message).toBe(`${high} of priority 50 needs its place`)
  const { items } = await hub.call<{ items: Event[] }>('event_list', {
    after: 0,
    task: low,
    limit: 200,
  })
  expect(items.some(({ kind, data: said }) => kind === 'pod.exited' && said.evicted)).toBe(true)
})
