import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Approval } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { askApproval, voidApproval } from '../../../servers/orchestration/store/approvals.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

async function claimed(hub: TestHub): Promise<Granted> {
  await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  return (await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })).lease
}

const stateOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task.state

type Asked = Partial<Parameters<typeof askApproval>[1]>

/** What waits for a person without a task; the gate that asks is a part of the hub. */
const ask = (hub: TestHub, id: string, asked: Asked = {}) =>
  hub.hub.store.transaction((tx) =>
    askApproval(tx, {
      id,
      org: 'default',
      kind: 'call',
      question: 'Delete the bucket?',
      details: { tool: 'cloud_delete', bucket: 'logs' },
      askedBy: 'ann',
      ...asked,
    }),
  )

const pending = async (hub: TestHub) =>
  (await hub.call<{ items: Approval[] }>('approval_list')).items.map(({ id }) => id)

test('a question to people is answered once', async () => {
  const hub = await startHub()
  const lease = await claimed(hub)
  const { id } = lease.task
  await hub.call('task_heartbeat', { task: id, fence: lease.fence })
  const asked = await hub.call<Approval>('approval_request', {
    task: id,
    fence: lease.fence,
    question: 'Deploy?',
    details: { to: 'prod' },
  })
  const answer = hub.call<{ items: Approval[] }>('approval_list', {
    approval: asked.id,
    wait_ms: 10_000,
  })
  expect(
    await hub.call('approval_decide', {
      approval: asked.id,
      decision: 'deny',
      reason: 'not on a Friday',
    }),
  ).toMatchObject({ state: 'denied' })
  expect((await answer).items[0]).toMatchObject({
    state: 'denied',
    reason: 'not on a Friday',
    details: { to: 'prod' },
  })
  expect(
    await failure(hub.call('approval_decide', { approval: asked.id, decision: 'approve' })),
  ).toMatchObject({ code: 'conflict' })
  expect(await stateOf(hub, id)).toBe('running')
})

test('a call without a task is approved once, and whoever waits for it hears', async () => {
  const hub = await startHub()
  await ask(hub, 'approval-1')
  expect(await pending(hub)).toEqual(['approval-1'])
  const waiting = hub.call<{ items: Approval[] }>('approval_list', {
    approval: 'approval-1',
    wait_ms: 10_000,
  })
  const answers = await Promise.allSettled(
    (['approve', 'deny'] as const).map((decision) =>
      hub.call('approval_decide', { approval: 'approval-1', decision }),
    ),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const [shown] = (await waiting).items
  expect(shown).toMatchObject({ kind: 'call', decidedBy: 'owner', org: 'default' })
  expect(shown).not.toHaveProperty('task')
  expect(await pending(hub)).toEqual([])
  const { items } = await hub.call<{ items: { kind: string }[] }>('event_list', { after: 0 })
  expect(items.map(({ kind }) => kind)).toEqual(['approval.asked', 'approval.decided'])
})

test('a call of an agent that waits leaves its task running, and is void with its attempt', async () => {
  const hub = await startHub()
  const { task, fence } = await claimed(hub)
  await hub.call('task_heartbeat', { task: task.id, fence })
  await ask(hub, 'approval-1', { task: task.id })
  await ask(hub, 'approval-2', { task: task.id })
  await hub.call('approval_decide', { approval: 'approval-1', decision: 'approve' })
  expect(await stateOf(hub, task.id)).toBe('running')
  await hub.call('task_cancel', { task: task.id })
  expect(
    await failure(hub.call('approval_decide', { approval: 'approval-2', decision: 'approve' })),
  ).toMatchObject({ code: 'conflict', details: { state: 'void' } })
})

test('no answer is taken when the time for it is over, or nobody waits any more', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  await ask(hub, 'approval-1', { expiresAt: clock.now() + 60_000 })
  await ask(hub, 'approval-2')
  await hub.hub.store.transaction((tx) => voidApproval(tx, 'approval-2'))
  expect(await pending(hub)).toEqual(['approval-1'])
  await clock.advance(60_000)
  expect(await pending(hub)).toEqual([])
  for (const [approval, state] of [
    ['approval-1', 'expired'],
    ['approval-2', 'void'],
  ]) {
    const { items } = await hub.call<{ items: Approval[] }>('approval_list', { state })
    expect(items.map((asked) => [asked.id, asked.state])).toEqual([[approval, state]])
    expect(
      await failure(hub.call('approval_decide', { approval, decision: 'approve' })),
    ).toMatchObject({ code: 'conflict', details: { state } })
  }
  const kinds = async () =>
    (await hub.call<{ items: { kind: string }[] }>('event_list', { after: 0 })).items
  await until(async () => (await kinds()).some(({ kind }) => kind === 'approval.expired'))
})

test('a question is answered in its own org, by who may decide', async () => {
  const hub = await startHub()
  await ask(hub, 'approval-1')
  const answer = { approval: 'approval-1', decision: 'approve' }
  const [stranger, viewer] = [
    await hub.as('bob', 'owner', ['other']),
    await hub.as('eve', 'viewer'),
  ]
  expect(await failure(stranger.call('approval_decide', answer))).toMatchObject({
    code: 'not_found',
  })
  expect(await failure(viewer.call('approval_decide', answer))).toMatchObject({ code: 'denied' })
  expect(await pending(hub)).toEqual(['approval-1'])
})
