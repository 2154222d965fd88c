import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Cluster, Pod } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { offered } from './local-drivers.ts'

const configure = (data: string, allowUnisolated: boolean) =>
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ allowUnisolated }))

async function startUnisolated(allowUnisolated: boolean, dispatch: 'local' | 'off' = 'local') {
  const data = makeFolder('unisolated')
  configure(data, allowUnisolated)
  return startHub({ data, dispatch, isolation: 'none' })
}

const submission = { template: 'command', command: 'echo worked' }
const command = ['/bin/sh', '-c', 'echo worked; sleep 60']

const readTask = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task

const succeeds = (hub: TestHub, task: string) =>
  until(async () => (await readTask(hub, task)).state === 'succeeded')

test('without isolation nobody starts work, not even an owner, until that is allowed', async () => {
  const hub = await startUnisolated(false)
  for (const [tool, args] of [
    ['task_submit', submission],
    ['pod_run', { command }],
  ] as const)
    expect(await failure(hub.call(tool, args))).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/not isolated .*owner's token/) as string,
      hint: expect.stringMatching(
        /bubblewrap.*"allowUnisolated": true in switchyard\.json/,
      ) as string,
    })
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items).toMatchObject([
    {
      isolation: 'none',
      isolationReason: expect.stringMatching(/none/) as string,
      mayStart: false,
    },
  ])
  configure(hub.hub.dataDir, true)
  await until(() => hub.hub.config().file.allowUnisolated)
  const task = await hub.call<Task>('task_submit', submission)
  await succeeds(hub, task.id)
})

test('where it is allowed, only owners start work: others are refused when they submit', async () => {
  const hub = await startUnisolated(true)
  const dora = await hub.as('dora', 'developer')
  const script = `cat ${hub.hub.dataDir}/token`
  expect(await failure(dora.call('task_submit', { ...submission, command: script }))).toMatchObject(
    {
      code: 'denied',
      message: expect.stringMatching(/only owners may start work/) as string,
    },
  )
  const { items } = await dora.call<{ items: Cluster[] }>('cluster_list')
  expect(items).toMatchObject([{ mayStart: false }])
  // An owner's own work runs, and could read it: that is what was allowed.
  const task = await hub.call<Task>('task_submit', { ...submission, command: script })
  await succeeds(hub, task.id)
  expect(JSON.stringify(await hub.call('task_log', { task: task.id }))).toContain(hub.token)
  expect(await failure(dora.call('task_retry', { task: task.id }))).toMatchObject({
    code: 'denied',
  })
})

test("a developer's task that is queued already stays so, with the reason, until an isolated hub takes it", async () => {
  const data = makeFolder('queued')
  configure(data, true)
  const before = await startHub({ data, dispatch: 'off', isolation: 'none' })
  const dora = await before.as('dora', 'developer')
  const task = await dora.call<Task>('task_submit', submission)
  await before.hub.stop()

  const hub = await startHub({ data, dispatch: 'local', isolation: 'none' })
  const read = () => readTask(hub, task.id)
  await until(async () => (await read()).pendingReason !== undefined)
  expect(await read()).toMatchObject({
    state: 'queued',
    pendingReason: expect.stringMatching(/only owners may start work there/) as string,
  })
  expect(await hub.call('pod_list', { task: task.id, ended: true })).toEqual({ items: [] })
  // Nor does an owner start it by hand: whoever submitted it chose what runs.
  expect(await failure(hub.call('pod_run', { task: task.id }))).toMatchObject({ code: 'denied' })
  await hub.hub.stop()

  const level = offered.find((one) => one !== 'none')
  if (level === undefined) return
  const isolated = await startHub({ data, dispatch: 'local', isolation: level })
  await succeeds(isolated, task.id)
  expect((await readTask(isolated, task.id)).pendingReason).toBeUndefined()
})

test('a level that is asked for by name and does not work here is an error, never a weaker one', async () => {
  const level = process.platform === 'darwin' ? 'userns' : 'seatbelt'
  const hub = await startHub({ dispatch: 'local', isolation: level })
  for (const [tool, args] of [
    ['task_submit', submission],
    ['pod_run', { command }],
  ] as const)
    expect(await failure(hub.call(tool, args))).toMatchObject({
      code: 'unsupported',
      message: `isolation is set to ${level}, which does not work here`,
    })
  expect(await hub.call('cluster_list')).toMatchObject({
    items: [{ id: 'local', mayStart: false, health: { state: 'unreachable' } }],
  })
})

test('a pod without isolation takes no further program once that is no longer allowed', async () => {
  const hub = await startUnisolated(true, 'off')
  const pod = await hub.call<Pod>('pod_run', { command })
  const exec = () => hub.call('pod_exec', { pod: pod.id, command: ['echo', 'hello'] })
  expect(await exec()).toMatchObject({ stdout: 'hello\n', exitCode: 0 })
  configure(hub.hub.dataDir, false)
  await until(() => !hub.hub.config().file.allowUnisolated)
  expect(await failure(exec())).toMatchObject({ code: 'denied' })
})
