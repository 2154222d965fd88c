import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../schemas/change.ts'
import type { Event } from '../../schemas/event.ts'
import type { Act, Script } from '../fixtures/agents/scripted.ts'
import { dataWith, leaveTo, scripted } from '../helpers/external-agent.ts'
import { failure, startHub } from '../helpers/hub.ts'
import { startModelServer } from '../helpers/model-servers.ts'

const repaired = 'export function sum(a, b) {\n  return a + b\n}\n'
const repair: Act = ['write', 'src/sum.js', repaired]

/** A hub that starts agents, with one runner that acts a script out, and a task that is left to it. */
async function stage(
  script: Script,
  { env, task, ...config }: { env?: object; task?: object; [field: string]: unknown } = {},
) {
  const data = dataWith({ actor: scripted(script, { ...config, env: { ...env } }) })
  const hub = await startHub({ dispatch: 'local', data })
  return { hub, data, ...(await leaveTo(hub.client, 'actor', { data, ...task })) }
}

test('what an external agent does is in the log, and what it made is proposed', async () => {
  const { hub, id, log, settled, asked } = await stage(
    {
      turns: [
        [
          ['noise', 'loading…'],
          ['think', 'hm'],
          [
            'plan',
            [
              ['look', 'completed'],
              ['mend', 'in_progress'],
            ],
          ],
          ['read', 'src/sum.js'],
          ['write', '../../outside.txt', 'x'],
          ['ask', 'edit', 'src/sum.js'],
          repair,
          ['run', 'cat', 'src/sum.js'],
          ['tool', 'whoami', {}],
          ['tool', 'task_report', {}],
          ['context', 1200, 100_000],
          ['ask', 'read', 'secrets'],
          ['say', 'It adds now.'],
          ['used', 900, 30],
        ],
      ],
    },
    {
      permission: { edit: 'allow' },
      mode: 'plan',
      models: { big: 'large' },
      task: { model: 'big' },
    },
  )
  expect(await settled('failed')).toMatchObject({
    state: 'in_review',
    result: { summary: 'answered yes\nIt adds now.', checks: [{ state: 'passed' }] },
  })
  const text = await log()
  expect(text).toContain('loading…')
  expect(text).toContain('(thinks) hm\n')
  expect(text).toContain('plan:\n[x] look\n[>] mend\n')
  expect(text).toContain('export function sum(a, b) {\n  return a - b')
  expect(text).toMatch(/refused: .*leads out of the workspace/)
  expect(text).toContain('[edit] src/sum.js: completed')
  expect(text).toContain('answered yes')
  expect(text).toContain("$ 'cat' 'src/sum.js'\n")
  expect(text).toContain(`exit 0: ${repaired}`)
  expect(text).toContain('context: 1200 of 100000 tokens, 0.5 USD so far')
  expect(text).toContain('assistant')
  expect(text).toMatch(/may not call task_report/)
  expect(asked()).toMatch(/^mode plan\nmodel large\nturn 1: You work in a Git worktree/)
  expect(asked()).toContain('Make the test pass')
  const { items } = await hub.call<{ items: Event[] }>('event_list', { task: id, after: 0 })
  expect(items.find(({ kind }) => kind === 'task.progress')?.data).toEqual({
    steps: [
      { text: 'look', state: 'completed' },
      { text: 'mend', state: 'in_progress' },
    ],
  })
  expect(await hub.call('usage_read', { task: id })).toMatchObject({
    items: [{ provider: 'runner/actor', model: 'big', inputTokens: 900, outputTokens: 30 }],
  })
  const { items: changes } = await hub.call<{ items: Change[] }>('change_list', { task: id })
  expect(changes).toHaveLength(1)
  expect(changes[0]?.body).toContain('Made by the agent actor in 2 steps.')
})

test('what fails in the checks is what the agent is asked next, a bounded number of times', async () => {
  const { log, settled, asked } = await stage({
    turns: [[['say', 'done']], [['write', 'src/sum.js', repaired.replace('+', '*')]], [repair]],
  })
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  expect(asked()).toMatch(/turn 2: The checks fail: .*\n\n\$ npm run test\n/)
  expect(await log()).toContain('test passed')
  const idle = await stage({ turns: [] }, { rounds: 2, task: { max_attempts: 1 } })
  expect(await idle.settled('failed')).toMatchObject({
    state: 'failed',
    failure: { code: 'exhausted', message: expect.stringContaining('given 2 turns') as string },
  })
  expect(idle.asked().match(/^turn /gm)).toHaveLength(2)
})

test('how a turn ends decides what follows', async () => {
  const limited = await stage({ turns: [[['stop', 'max_tokens']], [repair]] })
  expect(await limited.settled('failed')).toMatchObject({ state: 'in_review' })
  expect(limited.asked()).toContain('turn 2: Your turn ended because of a limit (max_tokens)')
  const refused = await stage({
    turns: [
      [
        ['say', 'I will not.'],
        ['stop', 'refusal'],
      ],
    ],
  })
  expect(await refused.settled('failed')).toMatchObject({
    state: 'failed',
    attempts: 1,
    failure: { code: 'denied', message: 'the agent refused: I will not.' },
  })
})

test('an agent that crashes goes on in its session, and one that forgets is told everything', async () => {
  for (const remembers of [true, false]) {
    const turns: Act[][] = [[['say', 'begun'], ['crash'], repair, ['say', 'mended']]]
    const { hub, id, log, read, settled, asked } = await stage({ turns, remembers })
    expect(await settled('failed')).toMatchObject({ state: 'in_review', attempts: 2 })
    expect((await read()).attempts[1]?.failure?.message).toBe(
      'the agent ended with exit code 3 in the middle of its turn',
    )
    expect(await log()).not.toContain('HISTORY')
    expect(asked().match(/^turn 1: /gm)).toHaveLength(2)
    expect(asked().match(/^You work in a Git|: You work in a Git/gm)).toHaveLength(2)
    expect(asked()).toContain(
      remembers ? 'You were interrupted in the middle' : 'Somebody worked on this before you',
    )
    const { items } = await hub.call<{ items: Change[] }>('change_list', { task: id })
    expect(items).toHaveLength(1)
  }
})

test('an agent that cannot be started or used fails the task with what to do', async () => {
  const data = dataWith({
    absent: { command: 'no-such-agent' },
    silent: { command: 'true' },
    keyless: scripted({ turns: [] }, { env: { TOKEN: '${env:NO_SUCH_VARIABLE}' } }),
    modeless: scripted({ turns: [] }, { mode: 'yolo' }),
    mute: scripted({ turns: [[['mute']]] }),
    flood: scripted({ turns: [[['flood']]] }),
  })
  const hub = await startHub({ dispatch: 'local', data })
  const failureOf = async (runner: string, extra: object = {}) =>
    (
      await (
        await leaveTo(hub.client, runner, { data, max_attempts: 1, ...extra })
      ).settled('failed')
    ).failure?.message
  expect(await failureOf('absent')).toBe(
    'the agent\'s program "no-such-agent" is not installed here',
  )
  expect(await failureOf('silent')).toBe(
    'the agent ended with exit code 0 before it took a session',
  )
  expect(await failureOf('keyless')).toContain('refers to NO_SUCH_VARIABLE, which is not set')
  expect(await failureOf('mute')).toMatch(/was ended by SIGTERM in the middle of its turn/)
  expect(await failureOf('flood')).toContain('sent a message of more than 16777216 bytes')
  expect(await failureOf('modeless')).toBe('the agent offers no mode "yolo"')
  expect(await failureOf('absent', { model: 'x' })).toContain('is not installed')
})

test('an agent may use the models of the hub, which counts them once', async () => {
  const server = await startModelServer()
  const data = dataWith({
    actor: scripted(
      { turns: [[['model', 'hello'], repair, ['used', 900, 30]]] },
      { env: { MODELS: '${hub:models}', KEY: '${hub:key}', MODEL: '${hub:model}' } },
    ),
  })
  const hub = await startHub({ dispatch: 'local', data }, { OPENAI_BASE_URL: `${server.url}/v1` })
  const { id, log, settled } = await leaveTo(hub.client, 'actor', { data, model: 'openai/tiny' })
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  expect(await log()).toContain('"object":"chat.completion"')
  expect(await hub.call('usage_read', { task: id })).toMatchObject({
    items: [{ model: 'openai/tiny', calls: 1, inputTokens: 50 }],
  })
  const odd = await leaveTo(hub.client, 'actor', {
    data,
    model: 'openai/a","x":"',
    max_attempts: 1,
  })
  expect((await odd.settled('failed')).failure?.message).toMatch(
    /model name .* cannot be passed on/,
  )
  expect(await failure(leaveTo(hub.client, 'actor', { data, model: 'none/x' }))).toMatchObject({
    code: 'invalid',
  })
})

test("what a runner's configuration refers to reaches the agent, and no command of the project", async () => {
  process.env.ACTOR_KEY = 'very-secret'
  const script: Script = { turns: [[['run', 'env'], repair]] }
  const { hub, data, id, log, settled } = await stage(script, {
    env: { OWN_KEY: '${env:ACTOR_KEY}' },
  })
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  delete process.env.ACTOR_KEY
  expect(await log()).toContain('PATH=')
  expect(await log()).not.toContain('very-secret')
  expect(readFileSync(join(data, 'switchyard.db-wal')).includes('very-secret')).toBe(false)
  expect(await hub.call('audit_list', { limit: 200 })).toBeDefined()
  expect(id).toMatch(/^task-/)
})
