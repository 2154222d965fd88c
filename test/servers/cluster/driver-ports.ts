import { request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { ClusterDriver, PodPort } from '../../../servers/kit/cluster-driver.ts'
import { exitOf, logOf, specOf } from './pod-specs.ts'
import { podServer } from './pod-server.ts'
import { until } from '../../helpers/hub.ts'

const program = { kind: 'command' as const, command: [process.execPath, '-e', podServer] }

/** The port that a pod of `podServer` says it has. */
async function portOf(driver: ClusterDriver, pod: string): Promise<number> {
  let port: string | undefined
  await until(async () => {
    port = /port (\d+)/.exec(await logOf(driver, pod))?.[1]
    return port !== undefined
  }, 30_000)
  return Number(port)
}

/** What every driver keeps of the ports of its pods. */
export function portContract(
  makeDriver: () => (() => ClusterDriver) | Promise<() => ClusterDriver>,
): void {
  test('HTTP gets to a port of a pod, with what the way there needs, until the pod ends', async () => {
    const driver = (await makeDriver())()
    const spec = specOf('', { program, resources: { cpus: 0.1, memoryMb: 256 } })
    const pod = await driver.start(spec)
    const port = await driver.reach(spec.id, await portOf(driver, spec.id))
    const body = JSON.parse(await get(port, '/some/path?q=1')) as { url: string; pod: string }
    expect(body).toMatchObject({ url: '/some/path?q=1', pod: spec.id })
    await Promise.all([exitOf(pod), driver.stop(spec.id, 0, 'over')])
    await expect(driver.reach(spec.id, 80)).rejects.toThrow(/does not run/)
  })
}

/** What holds where pods share the ports of a machine with everything else. */
export function ownPorts(makeDriver: () => () => ClusterDriver): void {
  test('a port that is not its own is refused: of nobody, of this process, of another pod', async () => {
    const driver = makeDriver()()
    const [one, two] = [specOf('', { program }), specOf('', { program })]
    const pods = await Promise.all([driver.start(one), driver.start(two)])
    const [mine, others] = [await portOf(driver, one.id), await portOf(driver, two.id)]
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const ours = (server.address() as AddressInfo).port // A TCP server that listens has one.
    for (const port of [ours, others])
      await expect(driver.reach(one.id, port)).rejects.toThrow(/belongs to something else/)
    await new Promise((resolve) => server.close(resolve))
    await expect(driver.reach(one.id, ours)).rejects.toThrow(/nothing .* listens/)
    const way = await driver.reach(one.id, mine)
    // The pod goes, and this process takes its port: what was found before leads nowhere.
    await Promise.all([exitOf(pods[0]), driver.stop(one.id, 0, '')])
    const taker = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => taker.listen(mine, '127.0.0.1', resolve))
    await expect(way.connect()).rejects.toThrow(/belongs to something else/)
    await new Promise((resolve) => taker.close(resolve))
    await Promise.all([exitOf(pods[1]), driver.stop(two.id, 0, '')])
  })
}

const get = (port: PodPort, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({
      createConnection: (_options, settle) => {
        port.connect().then(
          (socket) => settle(null, socket),
          (error: Error) => settle(error, undefined as never), // None: there is an error.
        )
        return undefined
      },
      path: port.prefix + path,
      headers: { host: 'pod', connection: 'close', ...port.headers },
      setHost: false,
    })
    asked.once('error', reject)
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve(text))
    })
    asked.end()
  })
