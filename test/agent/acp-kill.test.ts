import { expect, onTestFinished, test } from 'vitest'
import type { Change } from '../../schemas/change.ts'
import type { Pod } from '../../schemas/cluster.ts'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import type { Act } from '../fixtures/agents/scripted.ts'
import { dataWith, leaveTo, scripted } from '../helpers/external-agent.ts'
import { until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

const repair: Act = ['write', 'src/sum.js', 'export const sum = (a, b) => a + b\n']

async function stage(turns: Act[][]) {
  const data = dataWith({ actor: scripted({ turns }) })
  const hub = new ProcessHub(data)
  onTestFinished(async () => {
    await hub.stop()
  })
  await hub.start()
  return { hub, ...(await leaveTo(hub.client(), 'actor', { data })) }
}

const changesOf = async (hub: ProcessHub, task: string) =>
  (await hub.client().call<{ items: Change[] }>('change_list', { task })).items

test('an agent whose pod is killed in mid-turn goes on in its session, to one change', async () => {
  const { hub, id, read, settled, asked } = await stage([
    [['write', 'half.txt', 'half'], ['deaf'], repair],
  ])
  await until(async () => asked().includes('hears nothing now'))
  const { items } = await hub.client().call<{ items: Pod[] }>('pod_list', { task: id })
  for (const { pid, value } of carrying('SWITCHYARD_POD'))
    if (value === items[0]?.id) signalProcess(pid, 'SIGKILL')
  expect(await settled('failed')).toMatchObject({ state: 'in_review' })
  expect((await read()).attempts.map(({ state }) => state)).toEqual(['succeeded', 'lost'])
  expect(asked()).toContain('turn 1: You were interrupted in the middle of this.')
  expect(await changesOf(hub, id)).toMatchObject([{ revisions: 1 }])
})

test('an agent works on while its hub is killed and back, to one change', async () => {
  const { hub, id, log, read, settled, asked } = await stage([
    [['ask', 'execute', 'sleep'], ['run', 'sleep 2; echo slept'], repair, ['say', 'mended']],
  ])
  await until(async () => asked().includes('turn 1'))
  await until(async () => (await read()).task.state === 'waiting')
  await hub.kill()
  await hub.start()
  const { items } = await hub
    .client()
    .call<{ items: { id: string }[] }>('approval_list', { task: id })
  await hub.client().call('approval_decide', { approval: items[0]?.id, decision: 'approve' })
  await until(async () => (await log()).includes('sleep 2'))
  await hub.kill()
  await hub.start()
  expect(await settled('failed')).toMatchObject({ state: 'in_review', attempts: 1 })
  expect(await log()).toContain('exit 0: slept')
  expect(await changesOf(hub, id)).toMatchObject([{ revisions: 1 }])
})
