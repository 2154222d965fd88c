import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HubClient } from '../../agent/hub-client.ts'
import type { Task } from '../../schemas/task.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { makeFolder } from '../helpers/folder.ts'
import { sy } from '../helpers/command-line.ts'
import { offered } from '../servers/cluster/local-drivers.ts'
import { enter, servingPod, ask } from './pods/exposed-pods.ts'
import type { Opened } from './pods/exposed-pods.ts'

/** Another address of this machine, as that of a mesh is: loopback has more than one on Linux. */
const other = '127.0.0.2'
const endpointOf = (dataDir: string) =>
  readFileSync(join(dataDir, 'run', 'endpoint'), 'utf8').trim()

test.skipIf(process.platform !== 'linux')(
  'a hub at another address is reached by loopback too, with all that it opens, and ends on both',
  async () => {
    const hub = await startHub({ host: other })
    const { port } = new URL(hub.url)
    expect(hub.url).toBe(`http://${other}:${port}`)
    const local = `http://127.0.0.1:${port}`
    expect(endpointOf(hub.hub.dataDir)).toBe(local)
    for (const url of [hub.url, local])
      expect(await new HubClient({ url, token: hub.token }).call('whoami')).toMatchObject({
        principal: { id: 'owner' },
      })
    const { code } = await sy(['call', 'whoami', '--data', hub.hub.dataDir])
    expect(code).toBe(0)
    // Browsers resolve the names of ports of pods to 127.0.0.1.
    const page = await enter(await hub.call<Opened>('pod_expose', await servingPod(hub)))
    expect((await ask(`${page.origin}/`, { headers: { cookie: page.cookie } })).status).toBe(200)
    await hub.hub.stop()
    for (const url of [hub.url, local]) await expect(fetch(`${url}/health`)).rejects.toThrow()
  },
)

test.skipIf(!offered.some((level) => level === 'bwrap' || level === 'userns'))(
  'a pod with a network of its own does its task for a hub at another address',
  async () => {
    const data = makeFolder('hub')
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ orgs: { default: { egress: 'hub' } } }),
    )
    const hub = await startHub({ data, host: other, isolation: 'auto', dispatch: 'local' })
    const { id: task } = await hub.call<Task>('task_submit', {
      template: 'command',
      command: 'echo done',
    })
    await until(async () => (await hub.call<{ settled: boolean }>('task_wait', { task })).settled)
    const { task: ended } = await hub.call<{ task: Task }>('task_read', { task })
    expect(ended.state).toBe('succeeded')
  },
)

test('an address that is not there, or whose port is taken on loopback, is said in words', async () => {
  expect(await failure(startHub({ host: '192.0.2.9' }))).toMatchObject({
    code: 'unavailable',
    message: '192.0.2.9 is no address of this machine',
    hint: expect.stringContaining('mesh') as string,
  })
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as AddressInfo // A TCP server that listens has one.
  expect(await failure(startHub({ host: other, port }))).toMatchObject({
    code: 'conflict',
    message: `port ${port} on 127.0.0.1 is in use`,
  })
})
