import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, onTestFinished, test } from 'vitest'
import type { Approval } from '../../../schemas/approval.ts'
import type { Task } from '../../../schemas/task.ts'
import { bin } from '../../helpers/command-line.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

const call = {
  name: 'task_submit',
  arguments: { template: 'command', params: { command: 'true' } },
}
const ways = {
  http: ({ url, token }: TestHub) =>
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  stdio: ({ hub }: TestHub) =>
    new StdioClientTransport({
      command: process.execPath,
      args: [bin, 'stdio', '--data', hub.dataDir],
    }),
}

async function start(way: keyof typeof ways): Promise<{ hub: TestHub; client: Client }> {
  const data = makeFolder('canceled')
  const approvals = [{ tool: 'task_submit' }]
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ approvals }))
  const hub = await startHub({ data })
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(ways[way](hub))
  onTestFinished(() => client.close())
  return { hub, client }
}

const approvals = async (hub: TestHub, state: string) =>
  (await hub.call<{ items: Approval[] }>('approval_list', { state })).items
const isAsked = (hub: TestHub) => until(async () => (await approvals(hub, 'pending')).length === 1)

test.each(['http', 'stdio'] as const)(
  'a caller that cancels its call takes the question back: %s',
  async (way) => {
    const { hub, client } = await start(way)
    const canceling = new AbortController()
    const made = client.callTool(call, { signal: canceling.signal })
    made.catch(() => undefined) // It is expected below.
    await isAsked(hub)
    const [open] = await approvals(hub, 'pending')
    canceling.abort()
    await expect(made).rejects.toThrow()
    await until(async () => (await approvals(hub, 'pending')).length === 0)
    const late = { approval: open?.id, decision: 'approve' }
    expect(await failure(hub.call('approval_decide', late))).toMatchObject({ code: 'conflict' })
    expect((await hub.call<{ items: Task[] }>('task_list')).items).toEqual([])
  },
)

test('one that only goes away does not', async () => {
  const { hub, client } = await start('http')
  const made = client.callTool(call)
  made.catch(() => undefined) // Its connection is cut.
  await isAsked(hub)
  await client.close()
  const [open] = await approvals(hub, 'pending')
  await hub.call('approval_decide', { approval: open?.id, decision: 'approve' })
  await until(async () => (await hub.call<{ items: Task[] }>('task_list')).items.length === 1)
})
