import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { ask } from '../../helpers/raw-mcp.ts'
import { ready, stdio } from '../../helpers/upstreams.ts'

type Asked = { message: string; requestedSchema?: object }
type Answer = {
  action: 'accept' | 'decline' | 'cancel'
  content?: Record<string, string>
}
type Era = 'auto' | 'legacy'

const work = { template: 'command', params: { command: 'true' } }
const eras: Era[] = ['auto', 'legacy']

async function start(config: object = {}): Promise<TestHub> {
  const data = makeFolder('elicitation')
  const approvals = [{ tool: 'task_submit' }, { tool: 'up_*' }]
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals, ...config }))
  return startHub({ data })
}

/** A client of either era that is asked in forms. */
async function connect(
  hub: Pick<TestHub, 'url' | 'token'>,
  mode: Era,
  answer: (asked: Asked) => Promise<Answer>,
): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    {
      ...(mode === 'auto' ? { versionNegotiation: { mode } } : {}),
      capabilities: { elicitation: { form: {} } },
    },
  )
  client.setRequestHandler('elicitation/create', ({ params }) => answer(params as Asked))
  const requestInit = { headers: { authorization: `Bearer ${hub.token}` } }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${hub.url}/mcp`), { requestInit }),
  )
  onTestFinished(() => client.close())
  return client
}

const tasks = async ({ call }: TestHub) => (await call<{ items: Task[] }>('task_list')).items
const approvals = async ({ call }: TestHub, state = 'all') =>
  (await call<{ items: Approval[] }>('approval_list', { state })).items

test.each(eras)(
  'whoever may approve its own call is asked by its client at once: %s',
  async (era) => {
    const hub = await start()
    const asked: Asked[] = []
    const client = await connect(hub, era, async (question) => {
      asked.push(question)
      return { action: 'accept', content: { decision: 'approve', scope: 'rule' } }
    })
    const done = await client.callTool({ name: 'task_submit', arguments: work })
    expect(done.isError ?? false).toBe(false)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.message).toContain('May owner call task_submit?')
    expect(asked[0]?.message).toContain('"command": "true"')
    expect(await tasks(hub)).toHaveLength(1)
    expect(await approvals(hub)).toMatchObject([{ state: 'approved', scope: 'rule' }])
    // The yes stands for such callers, so that nobody is asked again.
    await client.callTool({ name: 'task_submit', arguments: { ...work, title: 'again' } })
    expect(asked).toHaveLength(1)
    expect(await tasks(hub)).toHaveLength(2)
  },
)

test.each(eras)('a no reaches the model with its words: %s', async (era) => {
  const hub = await start({ mcpServers: { up: stdio('v2') } })
  await ready(hub, 'up')
  const client = await connect(hub, era, async () => ({
    action: 'accept',
    content: { decision: 'deny', reason: 'not today' },
  }))
  const done = await client.callTool({ name: 'up_echo', arguments: { text: 'hello' } })
  expect(done).toMatchObject({ isError: true })
  expect(JSON.stringify(done.content)).toContain('denied: owner did not approve up_echo: not today')
})

test.each(eras)('a dialog that is closed leaves the question to others: %s', async (era) => {
  const hub = await start()
  const client = await connect(hub, era, async () => ({ action: 'cancel' }))
  const done = await client.callTool({ name: 'task_submit', arguments: work })
  expect(JSON.stringify(done.content)).toContain('approval_required')
  const [open] = await approvals(hub, 'pending')
  await hub.call('approval_decide', { approval: open?.id, decision: 'approve' })
  await client.callTool({ name: 'task_submit', arguments: work })
  expect(await tasks(hub)).toHaveLength(1)
})

test('a call that was approved meanwhile is waited for, and nobody is asked again', async () => {
  const hub = await start({ mcpServers: { up: stdio('v2') } })
  await ready(hub, 'up')
  let asked = 0
  const client = await connect(hub, 'auto', async () => {
    asked++
    return { action: 'cancel' }
  })
  const slow = { name: 'up_slow', arguments: { ms: 1500 } }
  const left = await client.callTool(slow)
  expect(JSON.stringify(left.content)).toContain('approval_required')
  const [open] = await approvals(hub, 'pending')
  await hub.call('approval_decide', { approval: open?.id, decision: 'approve' })
  expect((await client.callTool(slow)).isError ?? false).toBe(false)
  expect(asked).toBe(1)
})

test('a dialog closes when somebody else answers', async () => {
  const hub = await start()
  const closed = Promise.withResolvers<void>()
  const client = await connect(hub, 'legacy', () => new Promise(() => closed.resolve()))
  const made = client.callTool({ name: 'task_submit', arguments: work })
  await closed.promise // It is open.
  const [open] = await approvals(hub, 'pending')
  await hub.call('approval_decide', { approval: open?.id, decision: 'approve' })
  expect((await made).isError ?? false).toBe(false)
  expect(await tasks(hub)).toHaveLength(1)
})

test('nobody is asked about a call that somebody else has to approve', async () => {
  const hub = await start({ orgs: { default: { selfApproval: false } } })
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'dora',
    role: 'developer',
  })
  for (const caller of [token, hub.token]) {
    const isOwner = caller === hub.token
    let isAsked = false
    const client = await connect({ url: hub.url, token: caller }, 'auto', async () => {
      isAsked = true
      return { action: 'accept', content: { decision: 'approve' } }
    })
    const made = client.callTool({
      name: 'task_submit',
      arguments: { ...work, title: isOwner ? 'owner' : 'dora' },
    })
    await until(async () => (await approvals(hub, 'pending')).length === 1)
    const [open] = await approvals(hub, 'pending')
    expect(isAsked).toBe(false)
    const other = await hub.as('max', 'developer')
    await other.call('approval_decide', { approval: open?.id, decision: 'approve' })
    expect((await made).isError ?? false).toBe(false)
  }
})

test('an answer that was made up gives no right', async () => {
  const hub = await start({ orgs: { default: { selfApproval: false } } })
  const form = { capabilities: { elicitation: {} } }
  const made = ask(hub, 'tools/call', { name: 'task_submit', arguments: work }, form)
  await until(async () => (await approvals(hub, 'pending')).length === 1)
  const [open] = await approvals(hub, 'pending')
  const forged = {
    name: 'task_submit',
    arguments: work,
    requestState: `switchyard:approval:${open?.id}`,
    inputResponses: { approval: { action: 'accept', content: { decision: 'approve' } } },
  }
  const { result } = await ask(hub, 'tools/call', forged, form)
  expect(JSON.stringify(result)).toContain('owner asked for this and may not approve it')
  const other = await hub.as('max', 'developer')
  await other.call('approval_decide', { approval: open?.id, decision: 'deny' })
  expect((await made).result.isError).toBe(true)
  expect(await tasks(hub)).toEqual([])
})
