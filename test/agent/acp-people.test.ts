import { expect, test } from 'vitest'
import type { Approval } from '../../schemas/approval.ts'
import type { Change } from '../../schemas/change.ts'
import type { Act } from '../fixtures/agents/scripted.ts'
import { dataWith, leaveTo, scripted } from '../helpers/external-agent.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'

const repair: Act = ['write', 'src/sum.js', 'export const sum = (a, b) => a + b\n']

async function stage(turns: Act[][], config: object = {}) {
  const data = dataWith({ actor: scripted({ turns }, { ...config }) })
  const hub = await startHub({ dispatch: 'local', data })
  return { hub, ...(await leaveTo(hub.client, 'actor', { data, max_attempts: 1 })) }
}

async function question(hub: TestHub, task: string): Promise<Approval> {
  const open = async () =>
    (await hub.call<{ items: Approval[] }>('approval_list', { task })).items[0]
  await until(async () => (await open()) !== undefined)
  return (await open())!
}

test('a permission is a question to people, with all that the agent says of it', async () => {
  const { hub, id, log, read, settled, asked } = await stage([
    [['ask', 'execute', 'rm -r build'], repair],
    [['ask', 'execute', 'rm -r dist'], repair, ['say', 'mended']],
  ])
  const first = await question(hub, id)
  expect(first).toMatchObject({
    question: 'May the agent execute: rm -r build',
    details: {
      kind: 'execute',
      input: { path: 'rm -r build' },
      content: [{ type: 'diff', newText: 'b' }],
    },
  })
  expect((await read()).task).toMatchObject({ state: 'waiting', waitingFor: 'approval' })
  // A message is no answer, and neither is one that interrupts.
  await hub.call('task_message', { task: id, body: 'yes, please do', interrupt: true })
  const leaseEnd = async () => (await read()).attempts[0]?.leaseExpiresAt ?? 0
  const before = await leaseEnd()
  await until(async () => (await leaseEnd()) > before) // The agent has it.
  expect((await read()).task.state).toBe('waiting')
  await hub.call('approval_decide', {
    approval: first.id,
    decision: 'deny',
    reason: 'not that folder',
  })
  const second = await question(hub, id)
  expect(second.question).toContain('rm -r dist')
  await hub.call('approval_decide', { approval: second.id, decision: 'approve' })
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  expect(await log()).toContain('answered no')
  expect(await log()).toContain('rm -r build: denied by owner: not that folder')
  expect(await log()).toContain('answered yes')
  expect(asked()).toContain('owner says: yes, please do')
})

test('why a permission was denied is what the agent is told next', async () => {
  const { hub, id, settled, asked } = await stage([[['ask', 'execute', 'make'], repair], [repair]])
  const { id: approval } = await question(hub, id)
  await hub.call('approval_decide', { approval, decision: 'deny', reason: 'use npm' })
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  expect(asked()).toContain('- make: owner said no: use npm')
})

test('what the configuration forbids is refused without a question', async () => {
  const { hub, id, log, settled, asked } = await stage(
    [
      [['ask', 'execute', 'make'], repair],
      [['ask', 'edit', 'a'], repair],
    ],
    { permission: { default: 'allow', execute: 'deny' } },
  )
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  expect(await log()).toMatch(/answered no[^]*answered yes/)
  expect(asked()).toContain('make: this runner may not execute')
  const all = await hub.call<{ items: Approval[] }>('approval_list', { task: id, state: 'all' })
  expect(all.items).toEqual([])
})

test('a message is the next turn, and one that interrupts ends the turn for it', async () => {
  const { hub, id, log, settled, asked } = await stage([[['hang'], repair], [repair]])
  await until(async () => asked().includes('turn 1'))
  await hub.call('task_message', { task: id, body: 'when you have time' })
  await hub.call('task_message', { task: id, body: 'mend sum.js instead', interrupt: true })
  expect(await settled('failed')).toMatchObject({ state: 'in_review', attempts: 1 })
  expect(asked()).toContain(
    'turn 2: owner says: when you have time\n\nowner says: mend sum.js instead\n',
  )
  expect(asked()).not.toContain('turn 3')
  expect(await log()).toContain('a message interrupts the turn')
})

test('an agent that does not heed an interruption is started anew', async () => {
  const { hub, id, log, settled, asked } = await stage([[['deaf'], repair]])
  await until(async () => asked().includes('turn 1'))
  await hub.call('task_message', { task: id, body: 'stop that', interrupt: true })
  expect(await settled('failed')).toMatchObject({ state: 'in_review', attempts: 1 })
  expect(await log()).toContain('did not heed the interruption')
  expect(asked()).toContain('owner says: stop that')
})

test('a canceled task ends its agent, and its open question', async () => {
  for (const act of [['deaf'], ['ask', 'edit', 'x']] as Act[]) {
    const { hub, id, read, asked } = await stage([[act]])
    await until(async () => asked().includes('turn 1'))
    if (act[0] === 'ask') await question(hub, id)
    await hub.call('task_cancel', { task: id })
    expect((await read()).task.state).toBe('canceled')
    await until(async () => {
      const { items } = await hub.call<{ items: unknown[] }>('pod_list', { task: id })
      return items.length === 0
    })
    const open = await hub.call<{ items: Approval[] }>('approval_list', { task: id })
    expect(open.items).toEqual([])
  }
})

test('a review is what the agent of the next revision is asked', async () => {
  const { hub, id, settled, asked, read } = await stage([
    [repair],
    [['write', 'CHANGELOG.md', '# Changes\n\n- sum adds\n']],
  ])
  const change = (await settled('failed')).result?.change
  await hub.call('change_review', {
    change,
    verdict: 'request_changes',
    body: 'Say so in the changelog',
  })
  await until(async () => (await read()).attempts.length === 2)
  await settled('failed')
  expect(asked()).toContain('Say so in the changelog')
  const { items } = await hub.call<{ items: Change[] }>('change_list', { task: id })
  expect(items).toHaveLength(1)
})

test('a runner is refused at submit when it is unknown, of other orgs, or of no use', async () => {
  const data = dataWith({ actor: scripted({ turns: [] }, { orgs: ['acme'] }) })
  const hub = await startHub({ data })
  expect(await failure(leaveTo(hub.client, 'aktor', { data }))).toMatchObject({
    code: 'not_found',
    hint: expect.stringMatching(/^Did you mean actor\? Runners: loop, actor\./) as string,
  })
  expect(await failure(leaveTo(hub.client, 'actor', { data }))).toMatchObject({ code: 'denied' })
  const command = {
    template: 'command',
    command: 'true',
    repo: undefined,
    goal: undefined,
    params: {},
  }
  expect(
    await failure(leaveTo(hub.client, 'actor', { data, org: 'acme', ...command })),
  ).toMatchObject({ code: 'invalid' })
  await leaveTo(hub.client, 'actor', { data, org: 'acme' })
  const worker = await hub.as('ann', 'worker')
  expect(await failure(worker.call('runner_read', { runner: 'actor' }))).toMatchObject({
    code: 'denied',
  })
  expect(await hub.call('runner_read', { runner: 'actor' })).toMatchObject({ orgs: ['acme'] })
  expect(await hub.call('runner_list')).toMatchObject({
    items: [{ name: 'loop' }, { name: 'actor', kind: 'acp', usesHubModels: false, orgs: ['acme'] }],
  })
})

test('what serves external agents is for who holds a lease', async () => {
  const hub = await startHub()
  const viewer = await hub.as('viewer', 'viewer')
  const { id } = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const { lease } = await hub.call<{ lease: { fence: number; token: string } }>('task_claim', {
    agent: 'worker-one',
  })
  const at = { task: id, fence: lease.fence }
  const agent = hub.client.withToken(lease.token)
  const lent = await agent.call<{ token: string }>('credential_lend', at)
  const program = hub.client.withToken(lent.token)
  expect(await program.call('task_read', { task: id })).toBeDefined()
  expect(await failure(program.call('task_heartbeat', at))).toMatchObject({ code: 'denied' })
  // One more ends the one before.
  await agent.call('credential_lend', at)
  expect(await failure(program.call('whoami'))).toMatchObject({ code: 'unauthenticated' })
  expect(await failure(agent.call('credential_lend', { ...at, fence: 99 }))).toMatchObject({
    code: 'conflict',
  })
  expect(
    await agent.call('task_progress', { ...at, steps: [{ text: 'a', state: 'completed' }] }),
  ).toEqual({ done: 1, steps: 1 })
  const stale = { ...at, fence: 99, steps: [] }
  expect(await failure(agent.call('task_progress', stale))).toMatchObject({ code: 'conflict' })
  const used = { runner: 'actor', model: 'm', input_tokens: 1, output_tokens: 1, latency_ms: 1 }
  expect(await agent.call('usage_report', used)).toMatchObject({
    usage: expect.any(String) as string,
  })
  expect(await failure(hub.call('usage_report', used))).toMatchObject({ code: 'denied' })
  expect(await failure(agent.call('runner_read', { runner: 'none' }))).toMatchObject({
    code: 'not_found',
  })
  for (const tool of ['credential_lend', 'task_progress', 'usage_report', 'runner_read'])
    expect(await failure(viewer.call(tool)), tool).toMatchObject({ code: 'denied' })
})
