import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../schemas/change.ts'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { startModelServer } from '../helpers/model-servers.ts'
import { makeRepo } from '../helpers/repo.ts'

const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]

async function runCode(hub: TestHub, extra: Record<string, unknown> = {}): Promise<Task> {
  const repo = await makeRepo()
  const { id } = await hub.call<Task>('task_submit', {
    template: 'code',
    repo,
    goal: 'Make the test pass',
    ...extra,
  })
  const read = async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task
  await until(async () => ['in_review', 'failed'].includes((await read()).state))
  return read()
}

test('a code task runs on an OpenAI-compatible server, and its key never reaches the agent', async () => {
  const key = 'sk-test-secret'
  const server = await startModelServer({ key })
  const hub = await startHub(
    { dispatch: 'local' },
    { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: key },
  )
  const task = await runCode(hub)
  expect(task).toMatchObject({
    state: 'in_review',
    result: { summary: expect.stringMatching(/a \+ b/) as string },
  })
  const { change } = await hub.call<{ change: Change }>('change_read', {
    change: task.result!.change!,
  })
  expect(change.body).toContain('the model openai/tiny')
  const { items } = await hub.call<{
    items: { model: string; calls: number; inputTokens: number }[]
  }>('usage_read', { task: task.id })
  expect(items[0]).toMatchObject({ model: 'openai/tiny', inputTokens: items[0]!.calls * 50 })
  const log = await hub.call<{ items: { data: string }[] }>('task_log', {
    task: task.id,
    max_bytes: 1_000_000,
  })
  expect(JSON.stringify(log)).not.toContain(key)
  expect(readFileSync(join(hub.hub.dataDir, 'switchyard.db-wal')).includes(key)).toBe(false)
})

test('a code task runs on Ollama', async () => {
  const server = await startModelServer()
  const hub = await startHub(
    { dispatch: 'local' },
    { OLLAMA_HOST: server.url.replace('http://', '') },
  )
  expect(await runCode(hub)).toMatchObject({ state: 'in_review' })
  expect(server.requests.some(({ path }) => path === '/api/chat')).toBe(true)
})

test('a local model that fails is followed by the cloud one, and the answer says so', async () => {
  const [local, cloud] = [await startModelServer({ failures: 99 }), await startModelServer()]
  const hub = await startHub({}, { OLLAMA_HOST: local.url, OPENAI_BASE_URL: `${cloud.url}/v1` })
  expect(await hub.call('model_generate', { prompt })).toMatchObject({
    model: 'openai/tiny',
    fallbacks: [{ model: 'ollama/tiny:1b' }],
  })
  const named = await failure(hub.call('model_generate', { prompt, model: 'ollama/tiny:1b' }))
  expect(named).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/ollama\/tiny:1b/) as string,
  })
})

test('without a model a code task is refused at once with what to set, and the rest still works', async () => {
  const hub = await startHub()
  const refused = await failure(
    hub.call('task_submit', { template: 'code', repo: await makeRepo(), goal: 'anything' }),
  )
  expect(refused).toMatchObject({
    code: 'unavailable',
    hint: expect.stringMatching(/OLLAMA_HOST.*OPENAI_API_KEY/) as string,
  })
  expect(await hub.call('model_list')).toMatchObject({
    items: [{ name: 'scripted', kind: 'scripted' }],
  })
  expect(await failure(hub.call('model_generate', { prompt, model: 'acme/x' }))).toMatchObject({
    code: 'invalid',
  })
})

test('work of the scripted model is labelled as such', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const task = await runCode(hub, { model: 'scripted' })
  const { change } = await hub.call<{ change: Change }>('change_read', {
    change: task.result!.change!,
  })
  expect(change.body).toContain('a scripted model (a fixed policy, no AI)')
})

test('a goal that cannot be reached fails with what was tried, and is retried by the policy', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const repo = await makeRepo({
    'package.json': '{ "type": "module", "scripts": { "test": "node --test" } }',
    'a.test.js':
      "import { test } from 'node:test'\ntest('never', () => { throw new Error('no') })\n",
  })
  const { id } = await hub.call<Task>('task_submit', {
    template: 'code',
    repo,
    goal: 'Impossible',
    model: 'scripted',
    max_attempts: 1,
  })
  await until(
    async () => (await hub.call<{ task: Task }>('task_read', { task: id })).task.state === 'failed',
    40_000,
  )
  const { task } = await hub.call<{ task: Task }>('task_read', { task: id })
  expect(task.failure).toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/I give up/) as string,
  })
})
