import { expect, test } from 'vitest'
import type { Approval } from '../../../../schemas/approval.ts'
import type { Plan } from '../../../../schemas/plan.ts'
import { failure, startHub, until } from '../../../helpers/hub.ts'
import type { TestHub } from '../../../helpers/hub.ts'
import { doStep, planIn, readPlan, stepIn, stepStates } from '../../../helpers/plans.ts'

const step = (name: string, needs: string[] = [], extra: Record<string, unknown> = {}) => ({
  name,
  needs,
  template: 'command',
  command: 'true',
  ...extra,
})
const make = (hub: TestHub, steps: unknown[], extra: Record<string, unknown> = {}) =>
  hub.call<Plan>('plan_create', { steps, ...extra })
const failed = { outcome: 'failed', failure: { code: 'exit', message: 'no luck' } }
const questions = async (hub: TestHub, subject?: string) =>
  (await hub.call<{ items: Approval[] }>('approval_list', { subject })).items

test('steps run in order, side by side where they may, and each is handed what was left for it', async () => {
  const hub = await startHub()
  const { id } = await make(
    hub,
    [step('a'), step('b', ['a']), step('c', ['a']), step('d', ['b', 'c'])],
    { reason: 'because of the release' },
  )
  await doStep(hub, id, 'a', {
    outcome: 'succeeded',
    result: { summary: 'found two things', exitCode: 0 },
  })
  await stepIn(hub, id, 'b', 'running')
  expect(await stepStates(hub, id)).toEqual({
    a: 'succeeded',
    b: 'running',
    c: 'running',
    d: 'waiting',
  })
  const task = await doStep(hub, id, 'b')
  expect(task).toMatchObject({
    plan: id,
    step: 'b',
    submittedBy: 'owner',
    provenance: { via: 'plan', id, reason: 'because of the release' },
    inputs: [{ step: 'a', summary: 'found two things', artifacts: [] }],
  })
  await doStep(hub, id, 'c')
  await doStep(hub, id, 'd')
  await planIn(hub, id, 'succeeded')
  expect((await readPlan(hub, id)).plan.counts).toMatchObject({ succeeded: 4, running: 0 })
})

test('a failed step stops what depends on it and nothing else, and is run again with that', async () => {
  const hub = await startHub()
  const { id } = await make(hub, [step('a'), step('b', ['a']), step('c', ['b']), step('x')])
  await doStep(hub, id, 'a', failed)
  await doStep(hub, id, 'x')
  await planIn(hub, id, 'failed')
  expect(await stepStates(hub, id)).toEqual({
    a: 'failed',
    b: 'skipped',
    c: 'skipped',
    x: 'succeeded',
  })
  expect((await readPlan(hub, id)).plan.failure).toBe('1 failed (a), 2 skipped')
  expect(await failure(hub.call('plan_retry', { plan: id, step: 'c' }))).toMatchObject({
    code: 'conflict',
    message: 'the step c needs b, which is skipped',
  })
  await hub.call('plan_retry', { plan: id })
  for (const name of ['a', 'b', 'c']) await doStep(hub, id, name)
  await planIn(hub, id, 'succeeded')
  const { items } = await readPlan(hub, id)
  expect(items.map(({ name, run }) => [name, run])).toEqual([
    ['a', 2],
    ['b', 1],
    ['c', 1],
    ['x', 1],
  ])
})

test('retries are further runs, and on_failure stop leaves out all that was not begun', async () => {
  const hub = await startHub()
  const { id } = await make(
    hub,
    [step('a', [], { retries: 1, on_failure: 'stop' }), step('b'), step('c')],
    { max_parallel: 2 },
  )
  await doStep(hub, id, 'a', failed)
  await until(async () => (await readPlan(hub, id)).items[0]?.run === 2)
  await doStep(hub, id, 'a', failed)
  await stepIn(hub, id, 'c', 'skipped')
  await doStep(hub, id, 'b')
  await planIn(hub, id, 'failed')
})

test('one step and all that depends on it are run again, also where they succeeded', async () => {
  const hub = await startHub()
  const { id } = await make(hub, [step('a'), step('b', ['a']), step('x')])
  for (const name of ['a', 'x', 'b']) await doStep(hub, id, name)
  await planIn(hub, id, 'succeeded')
  await hub.call('plan_retry', { plan: id, from: 'a' })
  await stepIn(hub, id, 'a', 'running')
  expect(await failure(hub.call('plan_retry', { plan: id, from: 'a' }))).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('a is running') as string,
  })
  await doStep(hub, id, 'a')
  await doStep(hub, id, 'b')
  await planIn(hub, id, 'succeeded')
  const { items } = await readPlan(hub, id)
  expect(items.map(({ run }) => run)).toEqual([2, 2, 1])
})

test('a canceled step takes along what depends on it, a canceled plan everything', async () => {
  const hub = await startHub()
  const { id } = await make(hub, [step('a'), step('b', ['a']), step('x'), step('y', ['x'])])
  await stepIn(hub, id, 'a', 'running')
  await hub.call('plan_cancel', { plan: id, step: 'a', reason: 'not needed' })
  expect(await stepStates(hub, id)).toMatchObject({ a: 'canceled', b: 'canceled', y: 'waiting' })
  const task = (await readPlan(hub, id)).items[0]?.task
  expect(await hub.call('task_read', { task })).toMatchObject({
    task: { state: 'canceled', failure: { message: 'not needed' } },
  })
  expect(await failure(hub.call('task_retry', { task }))).toMatchObject({ code: 'conflict' })
  const canceled = await hub.call<Plan>('plan_cancel', { plan: id })
  expect(canceled).toMatchObject({ state: 'canceled', counts: { canceled: 4 } })
  expect(await hub.call('plan_cancel', { plan: id })).toMatchObject({ state: 'canceled' })
})

test('a gate of checks lets pass what passed, and fails what did not', async () => {
  const hub = await startHub()
  const gate = { kind: 'check' }
  const { id } = await make(hub, [
    step('a'),
    { name: 'good', needs: ['a'], gate },
    step('b', ['good']),
    step('x'),
    { name: 'bad', needs: ['x'], gate },
    step('y', ['bad']),
  ])
  await doStep(hub, id, 'a', { outcome: 'succeeded', result: { summary: 'all fine', exitCode: 0 } })
  expect((await doStep(hub, id, 'b')).inputs).toMatchObject([{ step: 'a', summary: 'all fine' }])
  await doStep(hub, id, 'x', { outcome: 'succeeded', result: { summary: 'nothing was looked at' } })
  await planIn(hub, id, 'failed')
  const { items } = await readPlan(hub, id)
  expect(items.slice(4).map(({ state, reason }) => [state, reason])).toEqual([
    ['failed', 'x ran no checks'],
    ['skipped', 'bad failed'],
  ])
})

test('a gate asks a person, once, and the answer decides', async () => {
  const hub = await startHub()
  const gate = { kind: 'person', question: 'Ship it?' }
  const { id } = await make(hub, [step('a'), { name: 'ok', needs: ['a'], gate }, step('b', ['ok'])])
  await doStep(hub, id, 'a')
  await stepIn(hub, id, 'ok', 'held')
  const [asked] = await questions(hub)
  expect(await questions(hub, id)).toEqual([asked])
  expect(asked).toMatchObject({
    subject: id,
    question: 'Ship it?',
    details: { plan: id, step: 'ok', before: [{ step: 'a', summary: 'a done' }] },
  })
  await hub.call('approval_decide', { approval: asked?.id, decision: 'deny', reason: 'too early' })
  await planIn(hub, id, 'failed')
  expect((await readPlan(hub, id)).items[1]?.reason).toBe('owner said no: too early')
  await hub.call('plan_retry', { plan: id })
  await stepIn(hub, id, 'ok', 'held')
  const [again] = await questions(hub)
  await hub.call('approval_decide', { approval: again?.id, decision: 'approve' })
  await doStep(hub, id, 'b')
  await planIn(hub, id, 'succeeded')
})

test('a plan may wait for a person to see it before it runs', async () => {
  const hub = await startHub()
  const plans = await Promise.all(
    ['one', 'two'].map((title) => make(hub, [step('a')], { approve: true, title })),
  )
  expect(plans.map(({ state }) => state)).toEqual(['proposed', 'proposed'])
  const asked = await questions(hub)
  for (const { id, approval } of plans)
    expect(await questions(hub, id)).toEqual(asked.filter((one) => one.id === approval))
  expect(asked[0]?.details).toMatchObject({
    graph: [{ name: 'a', needs: [], template: 'command', params: { command: 'true' } }],
  })
  await hub.call('approval_decide', { approval: plans[0]?.approval, decision: 'approve' })
  await hub.call('approval_decide', { approval: plans[1]?.approval, decision: 'deny' })
  await doStep(hub, plans[0]!.id, 'a')
  await planIn(hub, plans[0]!.id, 'succeeded')
  await planIn(hub, plans[1]!.id, 'canceled')
  expect((await questions(hub)).length).toBe(0)
})

test('no more steps run at once than the plan says', async () => {
  const hub = await startHub()
  const names = ['a', 'b', 'c', 'd', 'e']
  const { id } = await make(
    hub,
    names.map((name) => step(name)),
    { max_parallel: 2 },
  )
  for (const name of names) {
    await stepIn(hub, id, name, 'running')
    expect((await readPlan(hub, id)).plan.counts.running).toBeLessThanOrEqual(2)
    await doStep(hub, id, name)
  }
  await planIn(hub, id, 'succeeded')
})

test('the same idempotency key returns the same plan, and another request under it is refused', async () => {
  const hub = await startHub()
  const key = { idempotency_key: 'once' }
  const [first, second] = await Promise.all([
    make(hub, [step('a')], key),
    make(hub, [step('a')], key),
  ])
  expect(second.id).toBe(first.id)
  expect(await failure(make(hub, [step('b')], key))).toMatchObject({ code: 'conflict' })
})

test('what cannot be run is refused by name, and nothing of it is stored', async () => {
  const hub = await startHub()
  const refusals = [
    [[step('a', ['b']), step('b', ['a'])], /in a circle: (a → b → a|b → a → b)/],
    [[step('a'), { name: 'b', template: 'comand', command: 'true' }], /the step b: .*"comand"/],
    [[{ name: 'b', template: 'command', comand: 'true' }], /comand/],
    [[{ name: 'b', template: 'code', goal: 'do it' }], /the step b: .*needs a repository/],
    [[{ name: 'b' }], /neither a template nor a gate/],
    [[step('b', [], { params: { shell: 'fish' } })], /the step b: .*shell: not a parameter/],
  ] as const
  for (const [steps, message] of refusals)
    expect((await failure(make(hub, [...steps]))).message).toMatch(message)
  expect(await failure(hub.call('plan_create', {}))).toMatchObject({ code: 'invalid' })
  expect(await hub.call('plan_list')).toMatchObject({ items: [] })
})

test('another org sees nothing of a plan, and a viewer changes nothing', async () => {
  const hub = await startHub()
  const { id } = await make(hub, [step('a')])
  const other = await hub.as('max', 'developer', ['acme'])
  for (const tool of ['plan_read', 'plan_cancel', 'plan_retry'])
    expect(await failure(other.call(tool, { plan: id }))).toMatchObject({ code: 'not_found' })
  expect(await other.call('plan_list')).toMatchObject({ items: [] })
  const viewer = await hub.as('vera', 'viewer')
  expect(await viewer.call('plan_read', { plan: id })).toMatchObject({ plan: { id } })
  expect(await failure(viewer.call('plan_cancel', { plan: id }))).toMatchObject({ code: 'denied' })
})
