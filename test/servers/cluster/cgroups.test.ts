import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeLogger } from '../../../hub/log.ts'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import { Cgroups, limitsOf, unifiedGroup } from '../../../servers/cluster/drivers/cgroups.ts'
import { LocalDriver } from '../../../servers/cluster/drivers/local.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { makeDataDir } from './local-drivers.ts'
import { exitOf, logOf, specOf } from './pod-specs.ts'

/** Folders and files as the kernel has them for a service with a group of its own. */
function fakeGroups(controllers: string, inside: string) {
  const mount = makeFolder('cgroup')
  const own = join(mount, 'system.slice/switchyard.service')
  mkdirSync(own, { recursive: true })
  const membership = join(mount, 'membership')
  writeFileSync(membership, '0::/system.slice/switchyard.service\n')
  writeFileSync(join(own, 'cgroup.controllers'), `${controllers}\n`)
  writeFileSync(join(own, 'cgroup.procs'), inside)
  const read = (...path: string[]) => readFileSync(join(own, ...path), 'utf8')
  return { own, read, place: { mount, membership } }
}

const all = 'cpuset cpu io memory pids'
const mine = `${process.pid}\n`

describe('control groups of version 2', () => {
  test.each([
    ['0::/user.slice/a\n', '/user.slice/a'],
    ['0::/\n', '/'],
    ['4:memory:/x\n0::/\n', undefined],
    ['', undefined],
  ])('the group of %j is %s', (membership, group) => {
    expect(unifiedGroup(membership)).toBe(group)
  })

  test('limits are written as the kernel reads them', () => {
    expect(limitsOf({ cpus: 1.5, memoryMb: 512 })).toEqual({
      'cpu.max': '150000 100000',
      'memory.max': '536870912',
      'pids.max': '4096',
    })
  })

  test('a group that is not the hub’s alone, or has no controllers, is left as it is', async () => {
    const poor = fakeGroups('cpu pids', mine)
    expect(await Cgroups.open(poor.place, process.pid)).toMatch(/no controllers memory/)
    const shared = fakeGroups(all, `${mine}1\n`)
    expect(await Cgroups.open(shared.place, process.pid)).toMatch(/shared with other processes/)
    expect(readdirSync(shared.own)).not.toContain('hub')
    const nowhere = { mount: '/nowhere', membership: '/nowhere' }
    expect(await Cgroups.open(nowhere, process.pid)).toMatch(/no control groups of version 2/)
  })
})

test('pods run in groups of their own with limits, which pods tell of and a resize changes', async () => {
  const { own, read, place } = fakeGroups(all, mine)
  const config = { ...readSettings({}, { isolation: 'none' }), file: ConfigFile.parse({}) }
  const log = makeLogger('silent')
  const at = { config: () => config, dataDir: makeDataDir(), codeRoot, log }
  const driver = new LocalDriver({ ...at, cgroups: place })
  onTestFinished(() => driver.close())
  await driver.nodes()
  expect(driver.limits).toEqual(['time', 'cpu', 'memory', 'processes'])
  expect(read('hub', 'cgroup.procs')).toBe(`${process.pid}`)
  expect(read('cgroup.subtree_control')).toBe('+cpu +memory +pids')
  const spec = specOf('echo $$; sleep 60', { resources: { cpus: 0.5, memoryMb: 256 } })
  const pod = await driver.start(spec)
  const exit = exitOf(pod)
  expect(read(spec.id, 'cpu.max')).toBe('50000 100000')
  expect(read(spec.id, 'memory.max')).toBe(`${256 * 2 ** 20}`)
  let said = ''
  while (!said.endsWith('\n')) said = await logOf(driver, spec.id)
  // It joined before it was the pod's program.
  expect(read(spec.id, 'cgroup.procs')).toBe(said)
  await driver.resize(spec.id, { cpus: 2, memoryMb: 512 })
  expect(read(spec.id, 'cpu.max')).toBe('200000 100000')
  writeFileSync(join(own, spec.id, 'memory.events'), 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n')
  process.kill(Number(said), 'SIGKILL')
  expect(await exit).toMatchObject({ reason: 'memory limit', limit: 'memory' })
})

test('without groups the memory of pods is sampled, and pods say so', async () => {
  const config = { ...readSettings({}, { isolation: 'none' }), file: ConfigFile.parse({}) }
  const at = { config: () => config, dataDir: makeDataDir(), codeRoot, log: makeLogger('silent') }
  const nowhere = { mount: '/nowhere', membership: '/nowhere' }
  const driver = new LocalDriver({ ...at, cgroups: nowhere })
  onTestFinished(() => driver.close())
  await driver.nodes()
  expect(driver.limits).toEqual(['time', 'memory (sampled)'])
})
