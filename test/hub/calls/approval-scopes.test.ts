import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HubClient } from '../../../agent/hub-client.ts'
import type { Approval, ApprovalGrant } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { HubError } from '../../../schemas/errors.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ready, stdio } from '../../helpers/upstreams.ts'

const work = { template: 'command', params: { command: 'true' } }

async function start(config: object): Promise<TestHub> {
  const data = makeFolder('scopes')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  return startHub({ data })
}

const open = async ({ call }: TestHub) => (await call<{ items: Approval[] }>('approval_list')).items
const grants = async ({ call }: TestHub) =>
  (await call<{ items: ApprovalGrant[] }>('grant_list')).items

async function asked(hub: TestHub): Promise<string> {
  await until(async () => (await open(hub)).length === 1)
  return (await open(hub))[0]!.id
}

/** A hub with a server that says of one tool that it destroys, and an agent at work on a task. */
async function withAgent(
  config: object = {},
): Promise<{ hub: TestHub; agent: HubClient; task: string; next(): Promise<HubClient> }> {
  const hub = await start({
    mcpServers: { db: stdio('v2', { FIXTURE_DROP: '1' }) },
    orgs: { default: { upstreams: ['db'] } },
    ...config,
  })
  await ready(hub, 'db')
  let number = 0
  const next = async (): Promise<HubClient> => {
    await hub.call('task_submit', { template: 'command', command: 'true' })
    const { lease } = await hub.call<{ lease: { token: string; fence: number; task: Task } }>(
      'task_claim',
      { agent: `worker-${++number}` },
    )
    await hub.call('task_heartbeat', { task: lease.task.id, fence: lease.fence })
    return hub.client.withToken(lease.token)
  }
  const agent = await next()
  const { items } = await hub.call<{ items: Task[] }>('task_list')
  return { hub, agent, task: items[0]!.id, next }
}

test('an agent that would destroy something of a server waits for a person without any rule', async () => {
  const { hub, agent, task } = await withAgent()
  expect(JSON.stringify(await agent.call('db_echo', { text: 'free' }))).toContain('free')
  const dropped = agent.call('db_drop', { table: 'users' })
  const approval = await asked(hub)
  expect((await open(hub))[0]).toMatchObject({ kind: 'call', tool: 'db_drop', task })
  await hub.call('approval_decide', { approval, decision: 'deny', reason: 'use the copy' })
  expect(await failure(dropped)).toMatchObject({
    code: 'denied',
    message: 'owner did not approve db_drop: use the copy',
  })
  // A person is not asked about what he does himself, unless a rule says so.
  expect(JSON.stringify(await hub.call('db_drop', { table: 'old' }))).toContain('dropped old')
})

test('a rule takes the default back, or refuses', async () => {
  const free = await withAgent({
    approvals: [{ tool: 'db_*', kind: 'agent', decision: 'allow' }],
  })
  expect(JSON.stringify(await free.agent.call('db_drop', { table: 'a' }))).toContain('dropped a')
  const closed = await start({ approvals: [{ tool: 'task_submit', decision: 'deny' }] })
  expect(await failure(closed.call('task_submit', work))).toMatchObject({
    code: 'denied',
    message: expect.stringContaining('a rule of this hub refuses it') as string,
  })
})

test('a yes for a task covers that task alone and ends with it', async () => {
  const { hub, agent, task, next } = await withAgent()
  const first = agent.call('db_drop', { table: 'a' })
  await hub.call('approval_decide', {
    approval: await asked(hub),
    decision: 'approve',
    scope: 'task',
  })
  await first
  expect(JSON.stringify(await agent.call('db_drop', { table: 'b' }))).toContain('call 2')
  expect(await grants(hub)).toMatchObject([{ tool: 'db_drop', task, kind: 'agent' }])
  const other = await next()
  const held = failure(other.call('db_drop', { table: 'c' }))
  await hub.call('approval_decide', { approval: await asked(hub), decision: 'deny', reason: 'no' })
  expect(await held).toMatchObject({ code: 'denied' })
  await hub.call('task_cancel', { task })
  expect(await grants(hub)).toEqual([])
})

test('a yes for such callers lasts until it is revoked, and answers what waits already', async () => {
  const { hub, agent, next } = await withAgent()
  const other = await next()
  const both = [agent.call('db_drop', { table: 'a' }), other.call('db_drop', { table: 'b' })]
  await until(async () => (await open(hub)).length === 2)
  const [last] = await open(hub)
  await hub.call('approval_decide', { approval: last?.id, decision: 'approve', scope: 'rule' })
  await Promise.all(both)
  const [grant] = await grants(hub)
  expect(grant).toMatchObject({ tool: 'db_drop', kind: 'agent', givenBy: 'owner' })
  await agent.call('db_drop', { table: 'c' })
  const viewer = await hub.as('vera', 'viewer')
  expect(await failure(viewer.call('approval_revoke', { grant: grant?.id }))).toMatchObject({
    code: 'denied',
  })
  const stranger = await hub.as('bob', 'owner', ['other'])
  expect(await failure(stranger.call('approval_revoke', { grant: grant?.id }))).toMatchObject({
    code: 'not_found',
  })
  await hub.call('approval_revoke', { grant: grant?.id })
  const held = failure(agent.call('db_drop', { table: 'd' }))
  await hub.call('approval_decide', { approval: await asked(hub), decision: 'deny', reason: 'no' })
  expect(await held).toMatchObject({ code: 'denied' })
  const { items } = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    subject: grant?.id,
  })
  expect(items.map((row) => `${row.tool} ${row.outcome}`)).toEqual(['approval_revoke ok'])
})

test('who made a call does not approve it, but for an owner where the org lets him', async () => {
  const hub = await start({
    approvals: [{ tool: 'task_submit' }],
    orgs: { default: { selfApproval: false } },
  })
  for (const client of [await hub.as('dora', 'developer'), hub.client]) {
    const held = failure(client.call('task_submit', work))
    const approval = await asked(hub)
    expect(
      await failure(client.call('approval_decide', { approval, decision: 'approve' })),
    ).toMatchObject({
      code: 'denied',
      message: expect.stringContaining('may not approve') as string,
    })
    // Taking it back is no approval.
    await client.call('approval_decide', { approval, decision: 'deny', reason: 'not needed' })
    expect(await held).toMatchObject({ code: 'denied' })
  }
})

test('a scope that does not fit is refused, and answers nothing', async () => {
  const hub = await start({ approvals: [{ tool: 'task_submit' }] })
  const dora = await hub.as('dora', 'developer')
  const held = failure(dora.call('task_submit', work))
  const approval = await asked(hub)
  for (const [decision, scope] of [
    ['approve', 'task'],
    ['deny', 'rule'],
  ])
    expect(await failure(hub.call('approval_decide', { approval, decision, scope }))).toMatchObject(
      { code: 'invalid' },
    )
  await hub.call('approval_decide', { approval, decision: 'deny', reason: 'no' })
  expect(await held).toMatchObject({ code: 'denied' })
})

test('one caller has a bounded number of calls that wait', async () => {
  const hub = await start({ approvals: [{ tool: 'task_submit' }] })
  const dora = await hub.as('dora', 'developer')
  const gone = new AbortController()
  const sent = Array.from({ length: 205 }, (_, number) =>
    dora.call('task_submit', { ...work, title: `${number}` }, { signal: gone.signal }),
  )
  const refused = sent.map((one) =>
    one.then(
      () => '',
      (error: unknown) => (error instanceof HubError ? error.code : ''),
    ),
  )
  await until(async () => {
    const { pending } = await hub.call<{ pending: number }>('approval_list', { limit: 1 })
    return pending === 200
  })
  const late = await failure(dora.call('task_submit', { ...work, title: 'one more' }))
  expect(late).toMatchObject({ code: 'exhausted' })
  gone.abort()
  expect((await Promise.all(refused)).filter((code) => code === 'exhausted')).toHaveLength(5)
})
