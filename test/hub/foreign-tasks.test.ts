import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CallToolResultSchema,
  TaskStatusNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Session } from '../../hub/rpc/session.ts'
import { everythingStdio } from '../helpers/everything.ts'
import type { TestHub } from '../helpers/hub.ts'
import { until } from '../helpers/hub.ts'
import { ask, key, postModern } from '../helpers/raw-mcp.ts'
import { ready, startWith } from '../helpers/upstreams.ts'

const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } }

type Told = { method: string; params: { taskId?: string; status?: string; result?: unknown } }

test('a listener hears of the tasks it names, and of its own alone', async () => {
  const hub = await startWith({ up: everythingStdio('both') })
  await ready(hub, 'up')
  const begun = await ask(
    hub,
    'tools/call',
    { name: 'up_failing_job', arguments: {} },
    { capabilities },
  )
  const taskId = String(begun.result.taskId)
  expect(taskId).toMatch(/^up\./)
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'other',
    role: 'developer',
  })
  const mine = await listen(hub, hub.token, [taskId, 'up.forged.1'])
  const others = await listen(hub, token, [taskId])

  await until(async () => mine.some(({ params }) => params.status === 'completed'))
  expect(mine[0]).toMatchObject({
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: { taskIds: [taskId] } },
  })
  const last = mine.at(-1)
  expect(last).toMatchObject({ method: 'notifications/tasks', params: { taskId } })
  expect(JSON.stringify(last?.params.result)).toContain('the job failed')
  expect(others[0]?.params.taskId).toBeUndefined()
  expect(others.filter(({ method }) => method === 'notifications/tasks')).toEqual([])
})

test('the tasks of 2025-11-25 pass, with the ids that a client knows them by', async () => {
  const fixture = join(import.meta.dirname, '..', 'fixtures', 'upstreams', 'tasks.ts')
  const hub = await startWith({ old: { command: process.execPath, args: [fixture] } })
  await ready(hub, 'old')
  const client = new Client({ name: 'test', version: '1' }, { capabilities: {} })
  const requestInit = { headers: { authorization: `Bearer ${hub.token}` } }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${hub.url}/mcp`), { requestInit }),
  )
  onTestFinished(() => client.close())
  const heard: string[] = []
  client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => {
    heard.push(`${params.taskId} ${params.status}`)
  })
  await client.listTools()

  const steps: string[] = []
  let taskId = ''
  const call = { name: 'old_brew', arguments: { what: 'tea' } }
  const stream = client.experimental.tasks.callToolStream(call, CallToolResultSchema)
  for await (const message of stream) {
    steps.push(message.type)
    if (message.type === 'taskCreated') taskId = message.task.taskId
    if (message.type === 'result')
      expect(message.result).toMatchObject({
        content: [{ text: 'a pot of tea' }],
        _meta: { [key('related-task')]: { taskId } },
      })
  }
  expect(taskId).toMatch(/^old\./)
  expect(steps[0]).toBe('taskCreated')
  expect(steps.at(-1)).toBe('result')
  await until(async () => heard.includes(`${taskId} completed`))
})

test('two clients whose servers count their tasks alike hear of their own alone', () => {
  const identity = { info: { name: 'x', version: '1' }, capabilities: {} }
  const [one, two] = [new Session('a', identity, 0), new Session('b', identity, 0)]
  const heard: string[] = []
  for (const session of [one, two]) {
    session.attach((text) => heard.push(`${session.principal} ${text}`))
    session.followTask('old', '1', `old.${session.principal}.1`)
  }
  const params = { taskId: '1', status: 'completed' }
  const notice = { kind: 'task' as const, server: 'old', own: '1', params, only: two.id }
  for (const session of [one, two]) session.hear(notice)
  expect(heard).toHaveLength(1)
  expect(heard[0]).toMatch(/^b .*"old\.b\.1"/)
})

/** Everything that is told on one `subscriptions/listen`, beginning with its acknowledgement. */
async function listen(hub: TestHub, token: string, taskIds: string[]): Promise<Told[]> {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const params = JSON.stringify({ notifications: { taskIds } })
  const options = { token, capabilities, signal: abort.signal }
  const response = await postModern(hub, 'subscriptions/listen', params, options)
  const told: Told[] = []
  const read = async () => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events)
        if (event.includes('data: ')) told.push(JSON.parse(event.split('data: ')[1] ?? '') as Told) // The hub's.
    }
  }
  read().catch(() => undefined) // Aborted at the end of the test.
  await until(async () => told.length > 0)
  return told
}
