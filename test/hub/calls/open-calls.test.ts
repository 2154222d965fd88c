import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from '../../helpers/folder.ts'
import { until } from '../../helpers/hub.ts'
import { countOpenCalls } from '../../helpers/open-calls.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { stdio } from '../../helpers/upstreams.ts'

type Row = { tool: string; outcome: string }

test('a call that a killed hub never saw the end of is on record as unknown, once', async () => {
  const data = makeFolder('open-calls')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers: { up: stdio('v2') } }))
  const hub = new ProcessHub(data, ['--dispatch', 'off'])
  onTestFinished(async () => void (await hub.stop()))
  await hub.start()
  const client = hub.client()
  const servers = async () =>
    (await client.call<{ items: { tools: number; calls: number }[] }>('server_list')).items
  await until(async () => (await servers()).some(({ tools }) => tools > 0))
  await client.call('up_echo', { text: 'short' })
  const slow = client
    .call('up_slow', { ms: 60_000 }, { patienceMs: 0 })
    .catch((error: unknown) => error)
  await until(async () => (await servers())[0]?.calls === 2)
  await until(() => countOpenCalls(data) === 1)
  await hub.kill()
  await slow
  await hub.start()
  const rows = async () =>
    (await client.call<{ items: Row[] }>('audit_list', { subject: 'up' })).items.map(
      ({ tool, outcome }) => `${tool} ${outcome}`,
    )
  expect(await rows()).toEqual(['up_slow unknown', 'up_echo ok'])
  await hub.kill()
  await hub.start()
  expect(await rows()).toHaveLength(2)
  expect(await client.call('audit_verify')).toMatchObject({ intact: true })
})
