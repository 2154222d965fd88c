import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

const none = { pod: 'pod-none' }
const command = ['true']

/** Tools with arguments that must fail, and as what. Whoever has no scope is refused before that. */
const failing: [string, Record<string, unknown>, string][] = [
  ['cluster_list', { all: true }, 'invalid'],
  ['node_list', { all: true }, 'invalid'],
  ['placement_explain', { resources: { cpus: 0 } }, 'invalid'],
  ['pod_run', {}, 'invalid'],
  ['pod_run', { command, task: 'task-1' }, 'invalid'],
  ['pod_list', { cursor: '???' }, 'invalid'],
  ['pod_read', none, 'not_found'],
  ['pod_log', none, 'not_found'],
  ['pod_exec', { ...none, command }, 'not_found'],
  ['pod_suspend', none, 'not_found'],
  ['pod_resume', none, 'not_found'],
  ['pod_delete', none, 'not_found'],
  ['capacity_read', { cluster: 'nowhere' }, 'not_found'],
  ['usage_read', { since: 'yesterday' }, 'invalid'],
]

test('each tool refuses who has no scope for it, and says what is wrong with its arguments', async () => {
  const hub = await startHub()
  const worker = await hub.as('walt', 'worker')
  for (const [tool, args, code] of failing) {
    expect([tool, (await failure(hub.call(tool, args))).code]).toEqual([tool, code])
    expect([tool, await failure(worker.call(tool, args))]).toEqual([
      tool,
      expect.objectContaining({ code: 'denied' }),
    ])
  }
  const viewer = await hub.as('vera', 'viewer')
  for (const tool of ['pod_run', 'pod_exec', 'pod_suspend', 'pod_resume', 'pod_delete'])
    expect(await failure(viewer.call(tool, { ...none, command }))).toMatchObject({ code: 'denied' })
  const prompt = [{ role: 'user', content: [] }]
  expect(await failure(viewer.call('model_generate', { prompt }))).toMatchObject({ code: 'denied' })
  // Not even an owner makes the transitions that only the hub's own controllers make.
  for (const tool of ['pod_reconcile', 'task_hold'])
    expect(await failure(hub.call(tool, {}))).toMatchObject({ code: 'denied' })
})

test('a pod is suspended where it is, goes on when it is resumed, and then does neither', async () => {
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['sleep', '60'] })
  const { handle } = await hub.call<Pod>('pod_read', { pod })
  const { pid } = JSON.parse(handle ?? '') as { pid: number }
  // Elsewhere than on Linux nobody tells; there the tools are only called.
  const state = () =>
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0]
      : undefined
  expect(await hub.call('pod_suspend', { pod })).toMatchObject({ id: pod })
  await until(() => state() === 'T' || state() === undefined)
  expect(await hub.call('pod_resume', { pod })).toMatchObject({ id: pod })
  await until(() => state() !== 'T')
  await hub.call('pod_delete', { pod, grace_ms: 0 })
  await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  for (const tool of ['pod_suspend', 'pod_resume'])
    expect(await failure(hub.call(tool, { pod }))).toMatchObject({ code: 'conflict' })
})

test('the end of an output comes first, and whether there is more', async () => {
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', {
    command: ['/bin/sh', '-c', 'echo one; echo two'],
  })
  await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  expect(await hub.call('pod_log', { pod })).toEqual({ data: 'one\ntwo\n', truncated: false })
  expect(await hub.call('pod_log', { pod, max_bytes: 4 })).toEqual({
    data: 'two\n',
    truncated: true,
  })
})

test('a program in a pod is ended at its time limit, with what it said so far', async () => {
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['sleep', '60'] })
  const endless = ['/bin/sh', '-c', 'echo begun; sleep 60']
  expect(await hub.call('pod_exec', { pod, command: endless, timeout_ms: 1000 })).toEqual({
    exitCode: null,
    stdout: 'begun\n',
    stderr: '',
    truncated: false,
    timedOut: true,
  })
})

test('pods are listed with those of the own org only, live ones by default', async () => {
  const hub = await startHub()
  const { id: live } = await hub.call<Pod>('pod_run', { command: ['sleep', '60'] })
  const { id: over } = await hub.call<Pod>('pod_run', { command })
  const { id: other } = await hub.call<Pod>('pod_run', { command: ['sleep', '60'], org: 'other' })
  await until(async () => (await hub.call<Pod>('pod_read', { pod: over })).state === 'exited')
  const vera = await hub.as('vera', 'viewer')
  const ids = async (args: object) =>
    (await vera.call<{ items: Pod[] }>('pod_list', { ...args })).items.map(({ id }) => id)
  expect(await ids({})).toEqual([live])
  expect(await ids({ ended: true })).toEqual([over, live])
  expect(await failure(vera.call('pod_read', { pod: other }))).toMatchObject({ code: 'not_found' })
  expect(await failure(vera.call('pod_list', { org: 'other' }))).toMatchObject({ code: 'denied' })
})

test('usage is summed by model, for the own org only', async () => {
  const hub = await startHub()
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
  const walt = await hub.as('walt', 'worker')
  await failure(walt.call('model_generate', { model: 'openai/none', prompt }))
  const usage = { provider: 'none', model: 'openai/none', calls: 1, failed: 1, inputTokens: 0 }
  expect(await hub.call('usage_read')).toMatchObject({ items: [usage] })
  const stranger = await hub.as('otto', 'viewer', ['other'])
  expect(await stranger.call('usage_read')).toEqual({ items: [] })
  expect(await hub.call('usage_read', { since: Date.now() + 60_000 })).toEqual({ items: [] })
  expect(await failure(stranger.call('usage_read', { org: 'default' }))).toMatchObject({
    code: 'denied',
  })
})
