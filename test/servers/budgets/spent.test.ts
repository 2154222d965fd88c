import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Approval } from '../../../schemas/approval.ts'
import type { Attempt, Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { makeRepo } from '../../helpers/repo.ts'

const readTask = async (hub: TestHub, id: string) =>
  hub.call<{ task: Task; attempts: Attempt[] }>('task_read', { task: id })

async function untilHeld(hub: TestHub, id: string): Promise<Task> {
  await until(async () => (await readTask(hub, id)).task.waitingFor === 'budget')
  return (await readTask(hub, id)).task
}

const untilState = (hub: TestHub, id: string, state: string) =>
  until(async () => (await readTask(hub, id)).task.state === state)

const repair = async (budget: object) => ({
  ...{ template: 'code', repo: await makeRepo(), goal: 'Make the test pass', model: 'scripted' },
  budget,
})

test('a budget that is spent in the middle keeps the work, and raising it continues from there', async () => {
  const hub = await startHub({ dispatch: 'local' })
  // The scripted policy edits in its fourth step and finishes in its sixth.
  const { id } = await hub.call<Task>('task_submit', await repair({ steps: 5 }))
  const held = await untilHeld(hub, id)
  expect(held).toMatchObject({
    state: 'queued',
    failure: { code: 'budget' },
    pendingReason: expect.stringMatching(/5 of 5 steps.*budget_set/s) as string,
  })
  expect(held.notBeforeAt).toBeUndefined()
  const waited = await hub.call<{ settled: boolean }>('task_wait', { task: id, wait_ms: 0 })
  expect(waited.settled).toBe(true)
  const { items } = await hub.call<{ items: { id: string; name: string }[] }>('artifact_list', {
    task: id,
  })
  const kept = items.find(({ name }) => name === 'unfinished.patch')
  const { data } = await hub.call<{ data: string }>('artifact_read', { artifact: kept!.id })
  expect(data).toMatch(/\+ {2}return a \+ b/)

  await hub.call('budget_set', { task: id, budget: { steps: 20 } })
  await untilState(hub, id, 'in_review')
  const { task, attempts } = await readTask(hub, id)
  expect(attempts.map(({ state, failure: why }) => [state, why?.code])).toEqual([
    ['succeeded', undefined],
    ['failed', 'budget'],
  ])
  const log = await hub.call<{ items: { data: string }[] }>('task_log', {
    task: id,
    max_bytes: 100_000,
  })
  expect(JSON.stringify(log)).toContain('resuming after step 5')
  // Not one model call was made twice.
  expect(await hub.call('budget_read', { task: id })).toMatchObject({ spent: [{ steps: 6 }] })
  expect(task.failure).toBeUndefined()
})

test('an agent that only says that it failed waits for its budget too, once that is spent', async () => {
  const hub = await startHub()
  const { id } = await hub.call<Task>('task_submit', await repair({ steps: 2 }))
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  const agent = hub.client.withToken(lease.token)
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'What now?' }] }]
  const asked = { model: 'scripted', prompt }
  const says = { task: id, fence: lease.fence, outcome: 'failed', retryable: true }
  const why = { code: 'failed', message: 'the agent failed while working: no room' }
  await agent.call('model_generate', asked)
  await agent.call('model_generate', asked)
  await agent.call('task_report', { ...says, failure: why })
  expect(await untilHeld(hub, id)).toMatchObject({
    ...{ state: 'queued', failure: { code: 'budget', message: why.message } },
  })
  await hub.call('budget_set', { task: id, budget: { steps: 20 } })
  const { lease: next } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-two' })
  // With room again, the same words are a failure of the work.
  const again = { ...says, fence: next.fence, failure: why }
  await hub.client.withToken(next.token).call('task_report', again)
  expect((await readTask(hub, id)).task).not.toHaveProperty('waitingFor')
})

test('an org that wants to be asked is asked to raise the budget, and a yes continues the task', async () => {
  const data = makeFolder('hub')
  const orgs = { default: { onSpent: 'ask' } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ orgs }))
  const hub = await startHub({ dispatch: 'local', data })
  const { id } = await hub.call<Task>('task_submit', await repair({ steps: 3 }))
  await untilHeld(hub, id)
  let asked: Approval[] = []
  await until(async () => {
    asked = (await hub.call<{ items: Approval[] }>('approval_list')).items
    return asked.length > 0
  })
  expect(asked).toMatchObject([
    {
      kind: 'call',
      org: 'default',
      askedBy: 'controller-budgets',
      details: { tool: 'budget_set', arguments: { task: id, budget: { steps: 6 } } },
    },
  ])
  await hub.call('approval_decide', { approval: asked[0]!.id, decision: 'approve' })
  await untilState(hub, id, 'in_review')
  expect(await hub.call('budget_read', { task: id })).toMatchObject({
    limits: { steps: 6 },
    by: 'controller-budgets',
  })
})

test('while an org has spent its day, what needs a model is held until the next, and the rest goes on', async () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1, 12))
  const hub = await startHub({ clock })
  await hub.call('budget_set', { budget: { day: { steps: 1 } } })
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
  await hub.call('model_generate', { prompt, model: 'scripted' })
  const notBeforeAt = Date.UTC(2026, 5, 2)
  const task = await hub.call<Task>('task_submit', await repair({}))
  expect(task).toMatchObject({
    state: 'queued',
    waitingFor: 'budget',
    notBeforeAt,
    pendingReason: expect.stringMatching(/of this day of org default.*2026-06-02/) as string,
  })
  const other = await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  expect(other.waitingFor).toBeUndefined()
  const claim = () => hub.call<{ lease?: { task: Task } }>('task_claim', { agent: 'worker-one' })
  const worker = await hub.as('walt', 'worker')
  expect(
    (await worker.call<Awaited<ReturnType<typeof claim>>>('task_claim', { agent: 'walt' })).lease
      ?.task.id,
  ).toBe(other.id)
  expect(await worker.call<object>('task_claim', { agent: 'wilma' })).toEqual({})
  await clock.jump(notBeforeAt - clock.now())
  const late = await worker.call<Awaited<ReturnType<typeof claim>>>('task_claim', {
    agent: 'wilma',
  })
  expect(late.lease?.task).toMatchObject({ id: task.id, state: 'leased' })
  expect(late.lease?.task.waitingFor).toBeUndefined()
})

test('the time that a task may take ends its attempt, also under an agent that goes on', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock, leaseMs: 10_000 })
  const { id } = await hub.call<Task>('task_submit', {
    ...{ template: 'command', command: 'sleep 1000', budget: { timeMs: 60_000 } },
  })
  const worker = await hub.as('walt', 'worker')
  type Granted = { lease: { fence: number; token: string; timeLeftMs: number } }
  const { lease } = await worker.call<Granted>('task_claim', { agent: 'walt' })
  expect(lease.timeLeftMs).toBe(60_000)
  const agent = hub.client.withToken(lease.token)
  const beat = () => agent.call('task_heartbeat', { task: id, fence: lease.fence })
  for (let s = 0; s < 65; s += 5) {
    await beat()
    await clock.advance(5000)
  }
  expect((await readTask(hub, id)).task.state).toBe('running')
  await until(async () => {
    await beat().catch(() => undefined) // Refused once the attempt is over.
    await clock.advance(1000)
    return (await readTask(hub, id)).task.waitingFor === 'budget'
  })
  expect(await failure(beat())).toMatchObject({ code: 'unauthenticated' })
  const { task, attempts } = await readTask(hub, id)
  expect(task).toMatchObject({ state: 'queued', failure: { code: 'budget' } })
  expect(attempts).toMatchObject([{ state: 'failed' }])
  expect(await hub.call('budget_read', { task: id })).toMatchObject({
    lines: [{ unit: 'timeMs', limit: 60_000, left: 0 }],
  })
  await hub.call('budget_set', { task: id, budget: { timeMs: 120_000 } })
  await until(async () => (await readTask(hub, id)).task.waitingFor === undefined)
  const again = await worker.call<Granted>('task_claim', { agent: 'walt' })
  expect(again.lease.timeLeftMs).toBeLessThan(60_000)
})
