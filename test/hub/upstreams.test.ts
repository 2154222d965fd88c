import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { carrying } from '../../servers/cluster/drivers/processes.ts'
import { makeFolder } from '../helpers/folder.ts'
import { failure, until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import {
  connect,
  ready,
  startHttp,
  startWith,
  state,
  states,
  stdio,
  write,
} from '../helpers/upstreams.ts'

test.each(['auto', 'legacy'] as const)(
  'a client in mode %s calls upstreams of both eras over both transports',
  async (mode) => {
    const [old, young] = [await startHttp('v1'), await startHttp('v2')]
    const hub = await startWith({
      a: stdio('v1'),
      b: stdio('v2'),
      c: { url: old.url },
      d: { url: young.url },
    })
    await ready(hub, 'a', 'b', 'c', 'd')
    const client = await connect(hub, mode)
    const names = (await client.listTools()).tools.map((tool) => tool.name)
    for (const prefix of ['a', 'b', 'c', 'd']) {
      expect(names).toContain(`${prefix}_echo`)
      const result = await client.callTool({
        name: `${prefix}_echo`,
        arguments: { text: `hello ${prefix}` },
      })
      expect(result.content, prefix).toEqual([{ type: 'text', text: `hello ${prefix}` }])
    }
    expect((await states(hub)).map(({ name, protocol }) => `${name} ${protocol}`)).toEqual([
      'a 2025-11-25',
      'b 2026-07-28',
      'c 2025-11-25',
      'd 2026-07-28',
    ])
    expect(await client.callTool({ name: 'b_fail', arguments: {} })).toMatchObject({
      isError: true,
    })
    await expect(client.callTool({ name: 'a_refuse', arguments: {} })).rejects.toMatchObject({
      code: -32042,
      data: { reason: 'weekend' },
    })
  },
)

test('all pages are followed, long names stay within 64 characters, and stay the same', async () => {
  const hub = await startWith({ upstream_with_a_name: stdio('v1') })
  await ready(hub, 'upstream_with_a_name')
  const names = (await hub.client.listTools<{ name: string }>())
    .map((tool) => tool.name)
    .filter((name) => name.startsWith('upstream_'))
  expect(names).toHaveLength(3)
  const long = names.find((name) => name.includes('so_long'))!
  expect(long).toHaveLength(64)
  expect(long).toMatch(/_[0-9a-f]{8}$/)
})

test('a broken, a hanging and a missing upstream delay nobody and say what is wrong', async () => {
  const hanging = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] }
  const hub = await startWith({
    good: stdio('v2'),
    broken: {
      command: process.execPath,
      args: ['-e', 'console.error("no licence"); process.exit(3)'],
    },
    crashed: { command: process.execPath, args: ['/no/such/file.js'] },
    hanging,
    missing: { command: '/no/such/program' },
    off: { command: 'x', disabled: true },
  })
  const startedAt = performance.now()
  await ready(hub, 'good')
  expect(await hub.call('good_echo', { text: 'hi' })).toMatchObject({ text: 'hi' })
  expect(performance.now() - startedAt).toBeLessThan(4000)
  await until(
    async () =>
      (await state(hub, 'broken'))?.state === 'degraded' &&
      (await state(hub, 'crashed'))?.state === 'degraded' &&
      (await state(hub, 'missing'))?.state === 'degraded',
  )
  expect((await state(hub, 'broken'))?.reason).toMatch(/no licence/)
  // Node ends with its version, after a stack; neither says what was wrong.
  expect((await state(hub, 'crashed'))?.reason).toMatch(/Cannot find module '\/no\/such\/file.js'$/)
  expect((await state(hub, 'missing'))?.reason).toMatch(/ENOENT/)
  expect(await failure(hub.call('broken_tool'))).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^the server broken is degraded: .*no licence/) as string,
  })
  expect((await state(hub, 'off'))?.state).toBe('disabled')
})

test('an upstream that ends comes back by itself, and its list is served meanwhile', async () => {
  const hub = await startWith({ up: stdio('v2') })
  await ready(hub, 'up')
  expect(await failure(hub.call('up_exit'))).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^the server up ended before it answered: exit/) as string,
    hint: expect.stringContaining('may have been carried out') as string,
  })
  expect((await hub.client.listTools<{ name: string }>()).map((tool) => tool.name)).toContain(
    'up_echo',
  )
  expect(await hub.call('up_echo', { text: 'again' })).toMatchObject({ text: 'again', calls: 1 })
})

test('a session that an upstream forgot is opened again, and the call is not lost', async () => {
  const { url, forgetSessions } = await startHttp('v1')
  const hub = await startWith({ up: { url } })
  await ready(hub, 'up')
  await forgetSessions()
  const client = await connect(hub, 'auto')
  expect(
    await client.callTool({ name: 'up_echo', arguments: { text: 'still here' } }),
  ).toMatchObject({ content: [{ text: 'still here' }] })
})

test('a call is bounded in time, and a canceled one is given up', async () => {
  const hub = await startWith({ up: { ...stdio('v2'), timeoutMs: 300 } })
  await ready(hub, 'up')
  expect(await failure(hub.call('up_slow', { ms: 5000 }))).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/300 ms/) as string,
  })
  const stop = new AbortController()
  const call = hub.client.call('up_slow', { ms: 5000 }, { signal: stop.signal })
  setTimeout(() => stop.abort(), 50)
  await expect(call).rejects.toThrow()
  expect(await hub.call('up_echo', { text: 'well' })).toMatchObject({ text: 'well' })
})

test('names of the hub are never given away, and allow and deny lists hold', async () => {
  const hub = await startWith({
    one: { ...stdio('v2'), prefix: '', allow: ['echo', 'fail'] },
    two: { ...stdio('v2'), prefix: '', deny: ['fail'] },
  })
  await ready(hub, 'one', 'two')
  expect((await state(hub, 'one'))?.shadowed).toEqual([])
  expect((await state(hub, 'two'))?.shadowed).toEqual(['echo'])
  const names = (await hub.client.listTools<{ name: string }>()).map((tool) => tool.name)
  expect(names.filter((name) => ['echo', 'fail', 'slow', 'exit'].includes(name)).sort()).toEqual([
    'echo',
    'exit',
    'fail',
    'slow',
  ])
})

test('secrets come by reference, credentials of callers stay, and viewers may not call', async () => {
  const hub = await startWith(
    {
      up: stdio('v2', { FIXTURE_SECRET: '${env:MY_KEY}:' }),
      bad: stdio('v2', { X: '${env:NOT_SET}' }),
    },
    { MY_KEY: 'k-123' },
  )
  await ready(hub, 'up')
  const client = await connect(hub, 'auto')
  expect(await client.callTool({ name: 'up_echo', arguments: { text: 'x' } })).toMatchObject({
    content: [{ text: 'k-123:x' }],
  })
  await until(async () => (await state(hub, 'bad'))?.state === 'degraded')
  expect((await state(hub, 'bad'))?.reason).toMatch(/no NOT_SET/)
  const viewer = await hub.as('vera', 'viewer')
  expect((await viewer.listTools<{ name: string }>()).map((tool) => tool.name)).not.toContain(
    'up_echo',
  )
  expect(await failure(viewer.call('up_echo', { text: 'x' }))).toMatchObject({ code: 'denied' })
  const { items } = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    subject: 'up',
  })
  expect(items.map((row) => `${row.tool} ${row.outcome}`)).toEqual(['up_echo denied', 'up_echo ok'])
})

test('the file is read again when it changes: servers come, go and are replaced without a restart', async () => {
  const hub = await startWith({})
  expect(await states(hub)).toEqual([])
  write(hub, { up: stdio('v2') })
  await ready(hub, 'up')
  write(hub, { other: stdio('v1') })
  await ready(hub, 'other')
  expect((await states(hub)).map((upstream) => upstream.name)).toEqual(['other'])
})

test('no process of an upstream is left when the hub stops, not even of one that hangs', async () => {
  const mark = `mark-${process.pid}-${Math.random()}`
  const script = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"
  const hanging = { command: process.execPath, args: ['-e', script], env: { UPSTREAM_MARK: mark } }
  const hub = await startWith({ hanging, good: stdio('v2', { UPSTREAM_MARK: mark }) })
  await ready(hub, 'good')
  const running = () => carrying('UPSTREAM_MARK').filter(({ value }) => value === mark).length
  expect(running()).toBe(2)
  await hub.hub.stop()
  expect(running()).toBe(0)
})

test('a process of an upstream that outlived a killed hub is ended by the next one', async () => {
  const data = makeFolder()
  const script = "process.stdin.on('end', () => {}).resume(); setInterval(() => {}, 1000)"
  const mcpServers = { stubborn: { command: process.execPath, args: ['-e', script] } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
  const hub = new ProcessHub(data, ['--dispatch', 'off'])
  onTestFinished(() => void hub.stop())
  const running = () =>
    carrying('SWITCHYARD_UPSTREAM')
      .filter(({ value }) => value === data)
      .map(({ pid }) => pid)
  await hub.start()
  await until(() => running().length === 1)
  const [left] = running()
  await hub.kill()
  expect(running()).toEqual([left])
  await hub.start()
  await until(() => !running().includes(left!))
})
