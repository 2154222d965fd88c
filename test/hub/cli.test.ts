import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { startProtected, visit } from '../helpers/authorization.ts'
import { bin, ownEnvironment, sy } from '../helpers/command-line.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import { startHttp, startWith } from '../helpers/upstreams.ts'

test('a Node that is too old ends with one clear line', async () => {
  const pretend = join(makeFolder(), 'old.cjs')
  writeFileSync(pretend, "Object.defineProperty(process.versions, 'node', { value: '20.1.0' })\n")
  const ran = await sy(['start'], { NODE_OPTIONS: `--require ${pretend}` })
  expect(ran).toMatchObject({ code: 2, out: '' })
  expect(ran.err.trim().split('\n')).toHaveLength(1)
  expect(ran.err).toMatch(/needs Node 24/)
})

test('usage errors say what would be right, with exit code 2', async () => {
  expect(await sy(['strat'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Did you mean start\?/) as string,
  })
  expect(await sy(['start', '--prot', '1'])).toMatchObject({ code: 2 })
  expect(await sy(['start'], { SWITCHYARD_PROT: '1' })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Did you mean SWITCHYARD_PORT\?/) as string,
  })
  expect(await sy(['call', 'whoami', '--data', makeFolder()])).toMatchObject({
    code: 4,
    err: expect.stringMatching(/npm start/) as string,
  })
})

test('call turns options into typed arguments and makes paths absolute', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const data = ['--data', hub.hub.dataDir]
  const made = await sy(
    [
      'call',
      'task_submit',
      ...data,
      '--template',
      'ci',
      '--repo',
      '.',
      '--priority',
      '5',
      '--params',
      '{"only":["test"]}',
    ],
    {},
    repo,
  )
  const task = JSON.parse(made.out) as Task // Printed by call.
  expect(task).toMatchObject({ repo, priority: 5, params: { only: ['test'] } })
  expect(
    await sy(['call', 'task_read', ...data, '--json', JSON.stringify({ task: task.id })]),
  ).toMatchObject({ code: 0 })
  expect(await sy(['call', 'task_submit', ...data, '--tempalte', 'ci'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Did you mean --template\?/) as string,
  })
  expect(await sy(['call', 'task_sumbit', ...data])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Did you mean task_submit\?/) as string,
  })
  expect(await sy(['call', 'task_read', ...data, '--task', 'task-none'])).toMatchObject({
    code: 5,
    err: expect.stringMatching(/not_found/) as string,
  })
  const viewer = await hub.call<{ token: string }>('token_create', { name: 'vera', role: 'viewer' })
  expect((await sy(['call', 'task_list', ...data], { SWITCHYARD_TOKEN: viewer.token })).code).toBe(
    0,
  )
  expect(
    await sy(['call', 'task_list', ...data], { SWITCHYARD_TOKEN: 'sy_nonsense_nonsense_nonsense' }),
  ).toMatchObject({ code: 3 })
  expect(
    await sy(['call', 'task_list', ...data], { SWITCHYARD_TOKEN: `${viewer.token}\n${hub.token}` }),
  ).toMatchObject({
    code: 2,
    err: expect.stringMatching(/the credential has a line break/) as string,
  })
})

test('tools lists and explains; login prints a link that works', async () => {
  const hub = await startHub()
  const data = ['--data', hub.hub.dataDir]
  expect((await sy(['tools', ...data])).out).toMatch(/^task_submit +Submit a task$/m)
  expect((await sy(['tools', 'change_merge', ...data])).out).toMatch(/--expect-head \(required\)/)
  expect(JSON.parse((await sy(['tools', '--json', ...data])).out)).toContainEqual(
    expect.objectContaining({ name: 'whoami' }),
  )
  const link = (await sy(['login', ...data])).out.trim()
  expect((await fetch(link)).status).toBe(200)
})

test('login at a server prints a link and ends when a person has used it', async () => {
  const guarded = await startProtected((await startHttp('v2')).url)
  const hub = await startWith({ guarded: { url: guarded.url } })
  const data = ['--data', hub.hub.dataDir]
  const login = spawn(process.execPath, [bin, 'login', 'guarded', ...data], {
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  login.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const ended = new Promise((resolve) => login.once('close', resolve))
  await until(() => out.includes('\n'))
  await fetch(await visit(out.trim(), `${hub.url}/oauth/callback`))
  expect(await ended).toBe(0)
  expect(out).toMatch(/guarded is signed in: 4 tools/)
  expect(await sy(['login', 'nobody', ...data])).toMatchObject({ code: 5 })
})

test('a long-lived agent claims by org, does the work and watch shows it', async () => {
  const hub = await startHub()
  const data = ['--data', hub.hub.dataDir]
  const agent = spawn(process.execPath, [bin, 'agent', '--org', 'acme', ...data], {
    env: ownEnvironment(),
    stdio: 'inherit',
  })
  onTestFinished(() => void agent.kill('SIGTERM'))
  await until(
    async () =>
      (await hub.call<{ items: unknown[] }>('agent_list', { org: 'acme' })).items.length === 1,
  )
  const task = await hub.call<Task>('task_submit', {
    template: 'command',
    command: 'echo hello from $PWD',
    org: 'acme',
  })
  const watched = await sy(['watch', task.id, ...data])
  expect(watched).toMatchObject({ code: 0 })
  expect(watched.out).toContain(`hello from ${hub.hub.dataDir}/work/${task.id}`)
  const failing = await hub.call<Task>('task_submit', {
    template: 'command',
    command: 'exit 3',
    org: 'acme',
  })
  expect(await sy(['watch', failing.id, ...data])).toMatchObject({
    code: 5,
    out: expect.stringMatching(/is failed: exit code 3/) as string,
  })
  agent.kill('SIGTERM')
  expect(await new Promise((resolve) => agent.once('exit', resolve))).toBe(0)
})
