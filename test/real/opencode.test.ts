import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Approval } from '../../schemas/approval.ts'
import type { Change } from '../../schemas/change.ts'
import { dataWith, leaveTo } from '../helpers/external-agent.ts'
import { startHub, until } from '../helpers/hub.ts'

// opencode's own program does a task over ACP; its model is the hub's, and behind that a server that
// acts out a repair, so that no account is needed.
const given = process.env.SWITCHYARD_TEST_OPENCODE
const installed = given ?? mkdtempSync(join(tmpdir(), 'switchyard-opencode-'))

beforeAll(() => {
  if (given !== undefined && existsSync(join(given, 'node_modules'))) return
  writeFileSync(join(installed, 'package.json'), '{"private":true}')
  const install = ['install', '--no-audit', '--no-fund', 'opencode-ai@1.18.33']
  execFileSync('npm', install, { cwd: installed })
}, 300_000)
afterAll(() => {
  if (given === undefined) rmSync(installed, { recursive: true, force: true })
})

const configuration = {
  $schema: 'https://opencode.ai/config.json',
  autoupdate: false,
  share: 'disabled',
  enabled_providers: ['switchyard'],
  model: 'switchyard/${hub:model}',
  provider: {
    switchyard: {
      npm: '@ai-sdk/openai-compatible',
      name: 'Switchyard',
      options: { baseURL: '${hub:models}', apiKey: '${hub:key}' },
      models: { '${hub:model}': { name: 'The model of the task', tool_call: true } },
    },
  },
  permission: { edit: 'ask', bash: 'ask' },
}

const opencode = (more: object = {}) => ({
  command: join(installed, 'node_modules', '.bin', 'opencode'),
  args: ['acp'],
  env: {
    OPENCODE_CONFIG_CONTENT: JSON.stringify(configuration),
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  },
  ...more,
})

type Asked = {
  tools?: { function: { name: string } }[]
  messages: { role: string; content: unknown }[]
}

/** A model server that reads the source, mends it, runs the test, and says so. */
async function startRepairer(): Promise<{ base: string; offered: Set<string> }> {
  const offered = new Set<string>()
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' })
      if (request.method === 'GET') return response.end('{"data":[{"id":"repairer"}]}')
      const asked = JSON.parse(text) as Asked
      for (const {
        function: { name },
      } of asked.tools ?? [])
        offered.add(name)
      const message = { role: 'assistant', ...nextStep(asked) }
      const choice = {
        index: 0,
        message,
        finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop',
      }
      const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
      response.end(
        JSON.stringify({
          id: 'x',
          object: 'chat.completion',
          created: 1,
          model: 'repairer',
          choices: [choice],
          usage,
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, offered } // It listens on TCP.
}

function nextStep({ tools, messages }: Asked): object {
  if (!tools?.length) return { content: 'Mend the sum' } // It asks for a title as well.
  const results = messages.filter(({ role }) => role === 'tool')
  const said = JSON.stringify(messages)
  const root = /"?([^\s"\\]*\/work\/[^\s"\\]+?)(?:\\n|["\s\\])/.exec(said)?.[1] ?? '.'
  const filePath = `${root}/src/sum.js`
  const steps = [
    ['read', { filePath }],
    ['edit', { filePath, oldString: 'a - b', newString: 'a + b' }],
    ['bash', { command: 'npm test', description: 'Runs the test' }],
    ['switchyard_tool_search', { query: 'context' }],
  ] as const
  const step = steps[results.length]
  if (!step) return { content: 'sum subtracted; it adds now, and the test passes.' }
  const [name, args] = step
  const call = {
    id: `call-${results.length}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }
  return { content: null, tool_calls: [call] }
}

test('opencode does a task with the models of the hub, and people allow what it does', async () => {
  const model = await startRepairer()
  const data = dataWith({ opencode: opencode() })
  const hub = await startHub({ dispatch: 'local', data }, { OPENAI_BASE_URL: model.base })
  const { id, log, read } = await leaveTo(hub.client, 'opencode', {
    data,
    model: 'openai/repairer',
    max_attempts: 1,
    resources: { memoryMb: 4096 }, // It takes most of a gigabyte by itself, and now and then more.
  })
  const questions: string[] = []
  await until(async () => {
    const { items } = await hub.call<{ items: Approval[] }>('approval_list', { task: id })
    for (const { id: approval, question } of items) {
      questions.push(question)
      await hub.call('approval_decide', { approval, decision: 'approve' })
    }
    return ['in_review', 'failed'].includes((await read()).task.state)
  }, 300_000)
  const { task } = await read()
  expect(task, `${JSON.stringify(task.failure)}\n${await log()}`).toMatchObject({
    state: 'in_review',
    result: {
      summary: 'sum subtracted; it adds now, and the test passes.',
      checks: [{ state: 'passed' }],
    },
  })
  expect(questions).toEqual(['May the agent edit: src/sum.js', 'May the agent execute: npm test'])
  expect([...model.offered]).toContain('switchyard_tool_search')
  const { items } = await hub.call<{ items: Change[] }>('change_list', { task: id })
  expect(items).toHaveLength(1)
  const usage = await hub.call<{ items: { model: string; calls: number }[] }>('usage_read', {
    task: id,
  })
  expect(usage.items).toMatchObject([
    { model: 'openai/repairer', calls: expect.any(Number) as number },
  ])
})
