import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { countOpenCalls } from '../../helpers/open-calls.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { ready, stdio } from '../../helpers/upstreams.ts'

const rules = [{ tool: 'task_submit', kind: 'user' }, { tool: 'up_*' }]
const work = { template: 'command', params: { command: 'true' } }

function makeData(config: object = {}): string {
  const data = makeFolder('approvals')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals: rules, ...config }))
  return data
}

const pending = async ({ call }: Pick<TestHub, 'call'>): Promise<Approval[]> =>
  (await call<{ items: Approval[] }>('approval_list')).items

/** The one question that is asked, once it is there. */
async function asked(hub: Pick<TestHub, 'call'>): Promise<Approval> {
  await until(async () => (await pending(hub)).length === 1)
  return (await pending(hub))[0]!
}

const tasks = async ({ call }: TestHub) => (await call<{ items: Task[] }>('task_list')).items

test('a call that a rule holds is shown with its arguments and made once when a person approves', async () => {
  const hub = await startHub({ data: makeData() })
  const dora = await hub.as('dora', 'developer')
  const submitted = dora.call<Task>('task_submit', work)
  const question = await asked(hub)
  expect(question).toMatchObject({
    kind: 'call',
    askedBy: 'dora',
    question: 'May dora call task_submit?',
    details: { tool: 'task_submit', arguments: work },
  })
  expect(await tasks(hub)).toEqual([])
  await hub.call('approval_decide', { approval: question.id, decision: 'approve' })
  const task = await submitted
  expect((await tasks(hub)).map(({ id }) => id)).toEqual([task.id])
  const second = await failure(
    hub.call('approval_decide', { approval: question.id, decision: 'deny' }),
  )
  expect(second).toMatchObject({ code: 'conflict' })
  // Approved once is not approved for ever.
  const again = dora.call('task_submit', work)
  const { id } = await asked(hub)
  expect(id).not.toBe(question.id)
  await hub.call('approval_decide', { approval: id, decision: 'deny', reason: 'one is enough' })
  expect(await failure(again)).toMatchObject({
    code: 'denied',
    message: 'owner did not approve task_submit: one is enough',
  })
  expect(await tasks(hub)).toHaveLength(1)
})

test('what is approved after the caller has gone is made once, and kept for the same call', async () => {
  const hub = await startHub({ data: makeData() })
  const dora = await hub.as('dora', 'developer')
  const gone = new AbortController()
  const lost = dora.call('task_submit', work, { signal: gone.signal })
  const { id } = await asked(hub)
  gone.abort()
  await expect(lost).rejects.toThrow()
  await hub.call('approval_decide', { approval: id, decision: 'approve' })
  await until(async () => (await tasks(hub)).length === 1)
  const task = await dora.call<Task>('task_submit', work)
  expect((await tasks(hub)).map((made) => made.id)).toEqual([task.id])
  expect(await pending(hub)).toEqual([])
})

test('a question outlives the hub, and its call is made by the next one', async () => {
  const data = makeData()
  const first = await startHub({ data })
  const dora = await first.as('dora', 'developer')
  const lost = dora.call('task_submit', work).catch(() => undefined) // The hub goes away.
  const { id } = await asked(first)
  await first.hub.stop()
  await lost
  const second = await startHub({ data })
  await second.call('approval_decide', { approval: id, decision: 'approve' })
  await until(async () => (await tasks(second)).length === 1)
  const [made] = await tasks(second)
  expect(made).toMatchObject({ submittedBy: 'dora' })
})

test('calls of upstreams wait on the same road, and the answer is theirs', async () => {
  const hub = await startHub({ data: makeData({ mcpServers: { up: stdio('v2') } }) })
  await ready(hub, 'up')
  const echoed = hub.call('up_echo', { text: 'hello' })
  const question = await asked(hub)
  expect(question.details).toEqual({ tool: 'up_echo', arguments: { text: 'hello' }, server: 'up' })
  await hub.call('approval_decide', { approval: question.id, decision: 'approve' })
  expect(JSON.stringify(await echoed)).toContain('hello')
  const { items } = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    subject: 'up',
  })
  expect(items.map((row) => `${row.tool} ${row.outcome}`)).toEqual(['up_echo ok'])
})

test('nobody is asked about a call of an upstream that can only fail', async () => {
  const hub = await startHub({ data: makeData({ mcpServers: { up: stdio('v2') } }) })
  await ready(hub, 'up')
  const refused = await failure(hub.call('up_echo', { text: ['hello'] }))
  expect(refused).toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('text is array in place of string') as string,
  })
  expect(await failure(hub.call('up_echo', {}))).toMatchObject({ code: 'invalid' })
  expect(await pending(hub)).toEqual([])
})

test('who approved a call sees what it came to', async () => {
  const hub = await startHub({ data: makeData({ mcpServers: { up: stdio('v2') } }) })
  await ready(hub, 'up')
  const decided = async (call: Promise<unknown>) => {
    const { id } = await asked(hub)
    await hub.call('approval_decide', { approval: id, decision: 'approve' })
    await call.catch(() => undefined)
    return (await hub.call<{ items: Approval[] }>('approval_list', { approval: id })).items[0]
  }
  expect(await decided(hub.call('up_echo', { text: 'a' }))).toMatchObject({ outcome: 'ok' })
  expect(await decided(hub.call('up_fail', {}))).toMatchObject({
    outcome: 'failed',
    failure: 'on purpose',
  })
})

test('who lost the right meanwhile is refused, approved or not', async () => {
  const hub = await startHub({ data: makeData() })
  const dora = await hub.as('dora', 'developer', ['acme'])
  const submitted = dora.call('task_submit', { ...work, org: 'other' })
  const { id } = await asked(hub)
  await hub.call('approval_decide', { approval: id, decision: 'approve' })
  expect(await failure(submitted)).toMatchObject({ code: 'denied' })
})

test('nobody who answers is asked, nor what only reads', async () => {
  const data = makeFolder('approvals')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals: [{}] }))
  const hub = await startHub({ data })
  const submitted = hub.call('task_submit', work)
  const { id } = await asked(hub)
  await hub.call('approval_decide', { approval: id, decision: 'approve' })
  await submitted
})

test('a caller is told what it waits for before its client gives up, and a question ends after a week', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ data: makeData(), clock })
  const dora = await hub.as('dora', 'developer')
  const submitted = failure(dora.call('task_submit', work))
  const { id } = await asked(hub)
  await clock.advance(50_000)
  expect(await submitted).toMatchObject({ code: 'approval_required', details: { approval: id } })
  await clock.jump(8 * 24 * 3_600_000)
  expect(await pending(hub)).toEqual([])
  await until(async () => {
    const { items } = await hub.call<{ items: Approval[] }>('approval_list', { state: 'expired' })
    return items[0]?.decidedAt !== undefined // On record, not only by the clock.
  })
  expect(await failure(dora.call('task_submit', work))).toMatchObject({
    code: 'denied',
    message: expect.stringContaining('expired') as string,
  })
  const anew = failure(dora.call('task_submit', work))
  expect((await asked(hub)).id).not.toBe(id)
  await clock.advance(50_000)
  expect(await anew).toMatchObject({ code: 'approval_required' })
})

test('a call that was under way when the hub was killed is not made twice', async () => {
  const hub = new ProcessHub(makeData({ mcpServers: { up: stdio('v2') } }), ['--dispatch', 'off'])
  onTestFinished(async () => void (await hub.stop()))
  await hub.start()
  const client = hub.client()
  const front = { call: client.call.bind(client) } as Pick<TestHub, 'call'>
  await until(async () => {
    const { items } = await front.call<{ items: { tools: number }[] }>('server_list')
    return items[0] !== undefined && items[0].tools > 0
  })
  const slow = client.call('up_slow', { ms: 60_000 }, { patienceMs: 0 }).catch(() => undefined) // The hub is killed.
  const { id } = await asked(front)
  await front.call('approval_decide', { approval: id, decision: 'approve' })
  await until(async () => {
    const { items } = await front.call<{ items: { calls: number }[] }>('server_list')
    return items[0]?.calls === 1
  })
  await until(() => countOpenCalls(hub.data) === 1)
  await hub.kill()
  await slow
  await hub.start()
  expect(await failure(client.call('up_slow', { ms: 60_000 }, { patienceMs: 0 }))).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('unknown') as string,
  })
  const { items } = await front.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    subject: 'up',
  })
  expect(items.map((row) => `${row.tool} ${row.outcome}`)).toEqual(['up_slow unknown'])
  const { items: answered } = await front.call<{ items: Approval[] }>('approval_list', {
    approval: id,
  })
  expect(answered[0]).toMatchObject({ state: 'approved', outcome: 'unknown' })
})
