import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { ready, stdio } from '../../helpers/upstreams.ts'

test('an agent sees and calls the upstreams that its org granted, while its lease stands', async () => {
  const data = makeFolder('grants')
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({
      mcpServers: { given: stdio('v2'), kept: stdio('v2') },
      orgs: { default: { upstreams: ['given'] } },
    }),
  )
  const hub = await startHub({ data })
  await ready(hub, 'given', 'kept')
  const { id: task } = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const { lease } = await hub.call<{ lease: { token: string; fence: number } }>('task_claim', {
    agent: 'worker-one',
  })
  const agent = hub.client.withToken(lease.token)
  const names = (await agent.listTools<{ name: string }>()).map(({ name }) => name)
  expect(names).toContain('given_echo')
  expect(names).not.toContain('kept_echo')
  expect(JSON.stringify(await agent.call('given_echo', { text: 'hello' }))).toContain('hello')
  expect(await failure(agent.call('kept_echo', { text: 'hello' }))).toMatchObject({
    code: 'denied',
    message: expect.stringContaining('upstream:use') as string,
  })
  await hub.call('task_cancel', { task })
  await expect(agent.call('given_echo', { text: 'late' })).rejects.toThrow()
})
