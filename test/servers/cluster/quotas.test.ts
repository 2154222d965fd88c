import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PlacementCandidate, Pod } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

const run = (hub: TestHub, more: object = {}) =>
  hub.call<Pod>('pod_run', {
    command: ['sleep', '60'],
    resources: { cpus: 1, memoryMb: 64 },
    ...more,
  })

test('what an org may have in all bounds its pods, with the reason, and is counted again when one ends', async () => {
  const hub = await startHub()
  const set = (limits: object) => hub.call('quota_set', { limits })
  expect(await hub.call('quota_read')).toMatchObject({ from: 'none', limits: {} })
  expect(await set({ cpus: 2, pods: 5 })).toMatchObject({ from: 'set', by: 'owner' })
  const first = await run(hub, { resources: { cpus: 1.5, memoryMb: 64 } })
  expect(await failure(run(hub))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('1 CPUs asked for, the org has 1.5 of 2') as string,
  })
  expect(await failure(run(hub, { resources: { cpus: 3, memoryMb: 64 } }))).toMatchObject({
    message: expect.stringContaining('3 CPUs asked for, the org may have 2 in all') as string,
  })
  expect(await hub.call('quota_read')).toMatchObject({ used: { pods: 1, cpus: 1.5, memoryMb: 64 } })
  // Another org has a quota of its own.
  await run(hub, { org: 'acme' })
  await hub.call('pod_delete', { pod: first.id, grace_ms: 0 })
  await until(async () => (await hub.call<Pod>('pod_read', { pod: first.id })).state === 'exited')
  await run(hub)
  await set({ pods: 1 })
  expect(await failure(run(hub))).toMatchObject({
    message: expect.stringContaining('the org runs 1 of 1 pods') as string,
  })
  expect(await hub.call('quota_set', { reset: true })).toMatchObject({ from: 'none' })
  await run(hub)
})

test('a quota that is configured holds until another is set, and only owners set one', async () => {
  const data = makeFolder('hub')
  const orgs = { default: { maxPods: 4, quota: { gpus: 0, templates: { ci: 0 } } } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ allowUnisolated: true, orgs }))
  const hub = await startHub({ data })
  expect(await hub.call('quota_read')).toMatchObject({
    from: 'configured',
    limits: { pods: 4, gpus: 0, templates: { ci: 0 } },
  })
  expect(await failure(hub.call('quota_set', {}))).toMatchObject({ code: 'invalid' })
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('quota_set', { limits: {} }))).toMatchObject({ code: 'denied' })
  expect(await dora.call('quota_read')).toMatchObject({ org: 'default' })
  expect(await failure(dora.call('quota_read', { org: 'acme' }))).toMatchObject({ code: 'denied' })
})

test('a template has a quota too: what is over it waits, and others do not', async () => {
  const hub = await startHub({ dispatch: 'local' })
  await hub.call('quota_set', { limits: { templates: { command: 1 } } })
  const gate = join(makeFolder(), 'go')
  const submit = (command: string) =>
    hub.call<Task>('task_submit', { template: 'command', command })
  const read = async (task: string) => (await hub.call<{ task: Task }>('task_read', { task })).task
  const { id: first } = await submit(`until [ -e ${gate} ]; do sleep 0.1; done`)
  await until(async () => (await read(first)).state === 'running')
  const { id: second } = await submit('true')
  const { candidates } = await hub.call<{ candidates: PlacementCandidate[] }>('placement_explain', {
    task: second,
  })
  expect(candidates[0]).toMatchObject({
    fits: false,
    passes: true,
    reasons: ['the org runs 1 of 1 pods of the template command'],
  })
  writeFileSync(gate, '')
  await until(async () => (await read(second)).state === 'succeeded')
})
