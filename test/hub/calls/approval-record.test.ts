import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { writeFiles } from '../../helpers/repo.ts'

const work = { template: 'command', params: { command: 'true' } }
type Front = Pick<TestHub, 'call'>

function makeData(config: object): string {
  const data = makeFolder('record')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  return data
}

async function asked({ call }: Front): Promise<Approval> {
  const read = async () => (await call<{ items: Approval[] }>('approval_list')).items
  await until(async () => (await read()).length === 1)
  return (await read())[0]!
}

const tasks = async ({ call }: Front) => (await call<{ items: Task[] }>('task_list')).items

/** Everything that the store holds about held calls, as one text. */
function heldText(data: string): string {
  const db = new Database(join(data, 'switchyard.db'), { readonly: true })
  try {
    return JSON.stringify(db.prepare('SELECT * FROM held_calls').all())
  } finally {
    db.close()
  }
}

test('a question shows what would change, and no secret; what the call needs goes when it is delivered', async () => {
  const vault = makeFolder('vault')
  writeFiles(vault, { 'Plan.md': '# Plan\n\n- began\n' })
  const data = makeData({
    approvals: [{ tool: 'note_property' }],
    vaults: { notes: { path: vault, write: ['/'] } },
  })
  const hub = await startHub({ data })
  const dora = await hub.as('dora', 'developer')
  const set = { status: 'done', api_key: 'hunter2' }
  const made = dora.call('note_property', { path: 'Plan.md', set })
  const { id, details } = await asked(hub)
  expect(details.diff).toContain('+status: done')
  expect(details.arguments).toEqual({
    path: 'Plan.md',
    set: { status: 'done', api_key: '[hidden]' },
  })
  expect(heldText(data)).toContain('hunter2')
  expect(readFileSync(join(vault, 'Plan.md'), 'utf8')).not.toContain('done') // Looked at, not made.
  await hub.call('approval_decide', { approval: id, decision: 'approve' })
  await made
  expect(readFileSync(join(vault, 'Plan.md'), 'utf8')).toContain('api_key: hunter2')
  expect(heldText(data)).toBe('[]')
})

test('nobody is asked about a call that can only fail, nor about a dry run', async () => {
  const vault = makeFolder('vault')
  writeFiles(vault, { 'Plan.md': '# Plan\n' })
  const hub = await startHub({
    data: makeData({
      approvals: [{ tool: 'task_*' }, { tool: 'note_*' }],
      vaults: { notes: { path: vault, write: ['/'] } },
    }),
  })
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('task_submit', { templ: 'x' }))).toMatchObject({ code: 'invalid' })
  const patch = { path: 'None.md', op: 'append', content: '- x' }
  expect(await failure(dora.call('note_patch', patch))).toMatchObject({ code: 'not_found' })
  const dry = await dora.call<{ diff: string }>('note_patch', {
    ...patch,
    path: 'Plan.md',
    dry_run: true,
  })
  expect(dry.diff).toContain('+- x')
  const { items } = await hub.call<{ items: Approval[] }>('approval_list', { state: 'all' })
  expect(items).toEqual([])
})

test('a no that nobody waited for is told when the call is sent again, once', async () => {
  const hub = await startHub({ data: makeData({ approvals: [{ tool: 'task_submit' }] }) })
  const dora = await hub.as('dora', 'developer')
  const gone = new AbortController()
  const lost = dora.call('task_submit', work, { signal: gone.signal })
  const { id } = await asked(hub)
  gone.abort()
  await expect(lost).rejects.toThrow()
  await hub.call('approval_decide', { approval: id, decision: 'deny', reason: 'too late' })
  expect(await failure(dora.call('task_submit', work))).toMatchObject({
    code: 'denied',
    message: 'owner did not approve task_submit: too late',
  })
  const anew = failure(dora.call('task_submit', work))
  const { id: second } = await asked(hub)
  expect(second).not.toBe(id)
  await hub.call('approval_decide', { approval: second, decision: 'deny', reason: 'still' })
  expect(await anew).toMatchObject({ code: 'denied' })
})

/** A hub that can be killed, with a call that waits for a person. */
async function killable() {
  const hub = new ProcessHub(makeData({ approvals: [{ tool: 'task_submit' }] }), [
    '--dispatch',
    'off',
  ])
  onTestFinished(async () => void (await hub.stop()))
  await hub.start()
  const client = hub.client()
  const front: Front = { call: client.call.bind(client) }
  const gone = new AbortController()
  const sent = client
    .call('task_submit', work, { patienceMs: 0, signal: gone.signal })
    .catch(() => undefined) // The hub is killed.
  return { hub, client, front, approval: await asked(front), gone, sent }
}

test('killed while a person is asked, the hub makes the call after the answer, once', async () => {
  const { hub, front, client, approval, sent } = await killable()
  await hub.kill()
  await sent
  await hub.start()
  expect(await tasks(front)).toEqual([])
  await front.call('approval_decide', { approval: approval.id, decision: 'approve' })
  const task = await client.call<Task>('task_submit', work)
  expect((await tasks(front)).map(({ id }) => id)).toEqual([task.id])
})

test('killed between the answer and the call, the next hub makes it, once', async () => {
  const { hub, front, client, approval, sent } = await killable()
  await hub.kill()
  await sent
  // What the commit of an answer leaves when nothing comes after it.
  const db = new Database(join(hub.data, 'switchyard.db'))
  db.prepare(
    "UPDATE approvals SET state = 'approved', decided_by = 'owner', scope = 'once', decided_at = 1 WHERE id = ?",
  ).run(approval.id)
  db.close()
  await hub.start()
  await until(async () => (await tasks(front)).length === 1)
  const task = await client.call<Task>('task_submit', work)
  expect((await tasks(front)).map(({ id }) => id)).toEqual([task.id])
})

test('killed between the call and its delivery, the next hub hands its outcome out, once', async () => {
  const { hub, front, client, approval, gone, sent } = await killable()
  gone.abort()
  await sent
  await front.call('approval_decide', { approval: approval.id, decision: 'approve' })
  await until(async () => (await tasks(front)).length === 1)
  await until(() => heldText(hub.data).includes('"state":"done"'))
  await hub.kill()
  await hub.start()
  const task = await client.call<Task>('task_submit', work)
  expect((await tasks(front)).map(({ id }) => id)).toEqual([task.id])
  expect(heldText(hub.data)).toBe('[]')
})
