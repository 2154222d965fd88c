import { expect, test } from 'vitest'
import type { ClusterDriver, PodSpec } from '../../../servers/kit/cluster-driver.ts'
import { exitOf, logOf, specOf } from './pod-specs.ts'

/** Resolves when a pod that follows has said the word. */
async function said(driver: ClusterDriver, pod: string, word: string): Promise<void> {
  const signal = AbortSignal.timeout(20_000)
  let text = ''
  for await (const chunk of driver.logs(pod, { tailBytes: 1e6, follow: true, signal })) {
    text += Buffer.from(chunk).toString('utf8')
    if (text.includes(word)) return
  }
  throw new Error(`the pod ended without saying ${word}: ${text}`)
}

/**
 * What every cluster driver keeps, whatever runs its pods. `makeDriver` hands out drivers of one
 * cluster: a second one finds what the first has started, as after a restart of the hub.
 */
export function driverContract(
  makeDriver: () => (() => ClusterDriver) | Promise<() => ClusterDriver>,
): void {
  test('a program runs with what it is told, and its output and exit code are kept', async () => {
    const driver = (await makeDriver())()
    const spec = specOf('echo "$WORD"; sleep 0.2; echo trouble >&2; exit 7', {
      env: { WORD: 'hello' },
    })
    const pod = await driver.start(spec)
    expect(await exitOf(pod)).toMatchObject({ exitCode: 7 })
    expect(await logOf(driver, spec.id)).toBe('hello\ntrouble\n')
  })

  test('what cannot be started is refused or ends, never hangs', async () => {
    const driver = (await makeDriver())()
    const program: PodSpec['program'] = { kind: 'command', command: ['/no/such/program'] }
    // Where something stands around the program, only that can tell; else the start itself fails.
    const outcome = await driver
      .start(specOf('', { program }))
      .then(exitOf)
      .then(({ exitCode }) => exitCode)
      .catch((error: unknown) => String(error))
    expect(outcome === 0 || outcome === null).toBe(false)
  })

  test('a workspace outlives its pod: the next one with the same key finds the work', async () => {
    const driver = (await makeDriver())()
    const workspace = { key: 'kept', mounts: [] }
    await exitOf(await driver.start(specOf('echo done >"$SWITCHYARD_WORK/file"', { workspace })))
    const next = specOf('cat "$SWITCHYARD_WORK/file"', { workspace })
    await exitOf(await driver.start(next))
    expect(await logOf(driver, next.id)).toBe('done\n')
  })

  test('a pod is asked to end, and says its last words', async () => {
    const driver = (await makeDriver())()
    const spec = specOf("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done")
    const pod = await driver.start(spec)
    await said(driver, spec.id, 'up')
    const [exit] = await Promise.all([exitOf(pod), driver.stop(spec.id, 10_000, 'asked')])
    expect(exit.reason).toBe('asked')
    expect(exit.limit).toBeUndefined()
    expect(await logOf(driver, spec.id)).toContain('bye')
  })

  test('a pod that does not listen is ended by force', async () => {
    const driver = (await makeDriver())()
    const spec = specOf("trap '' TERM; echo up; while :; do sleep 0.05; done")
    const pod = await driver.start(spec)
    await said(driver, spec.id, 'up')
    const [exit] = await Promise.all([exitOf(pod), driver.stop(spec.id, 100, 'forced')])
    expect(exit).toMatchObject({ reason: 'forced' })
  })

  test('a time limit ends a pod and says so', async () => {
    const driver = (await makeDriver())()
    const pod = await driver.start(specOf('sleep 60', { timeoutMs: 300 }))
    expect(await exitOf(pod)).toMatchObject({ reason: 'time limit', limit: 'time' })
  })

  test('a program runs in a live pod, its output arrives in order, and abort ends it', async () => {
    const driver = (await makeDriver())()
    const spec = specOf('echo mine >file; echo up; sleep 60')
    const pod = await driver.start(spec)
    await said(driver, spec.id, 'up')
    const events = []
    const script = 'cat file; sleep 0.2; echo oops >&2; exit 4'
    const idle = new AbortController().signal
    for await (const event of driver.exec(spec.id, ['/bin/sh', '-c', script], idle))
      events.push(event.kind === 'exit' ? event : { ...event, data: String(event.data) })
    expect(events).toEqual([
      { kind: 'output', stream: 'out', data: 'mine\n' },
      { kind: 'output', stream: 'err', data: 'oops\n' },
      { kind: 'exit', exitCode: 4 },
    ])
    const stop = new AbortController()
    const endless = ['/bin/sh', '-c', 'echo on; sleep 60']
    await expect(async () => {
      for await (const event of driver.exec(spec.id, endless, stop.signal))
        if (event.kind === 'output') stop.abort(new Error('enough'))
    }).rejects.toThrow('enough')
    await Promise.all([exitOf(pod), driver.stop(spec.id, 0, '')])
    await expect(
      driver.exec(spec.id, ['true'], idle)[Symbol.asyncIterator]().next(),
    ).rejects.toThrow(/does not run/)
  })

  test('a log is followed to the end of the pod, and no longer than its reader wants', async () => {
    const driver = (await makeDriver())()
    const spec = specOf('echo one; sleep 0.3; echo two')
    const pod = await driver.start(spec)
    const [text] = await Promise.all([logOf(driver, spec.id, true), exitOf(pod)])
    expect(text).toBe('one\ntwo\n')
    const silent = specOf('sleep 60')
    const other = await driver.start(silent)
    const reading = driver.logs(silent.id, {
      tailBytes: 10,
      follow: true,
      signal: AbortSignal.abort(new Error('enough')),
    })
    await expect(reading[Symbol.asyncIterator]().next()).rejects.toThrow('enough')
    await Promise.all([exitOf(other), driver.stop(silent.id, 0, '')])
  })

  test('a pod is found again by its handle after a restart, and one that is gone is not', async () => {
    const same = await makeDriver()
    const spec = specOf('echo up; sleep 60')
    const { handle } = await same().start(spec)
    const next = same()
    const adopted = await next.adopt(spec, handle)
    if (!adopted) throw new Error('the pod was not found')
    await Promise.all([exitOf(adopted), next.stop(spec.id, 0, 'over')])
    expect(await next.adopt(spec, handle)).toBeUndefined()
  })

  test('what belongs to no live pod is ended', async () => {
    const same = await makeDriver()
    const spec = specOf('echo up; sleep 60')
    const driver = same()
    const pod = await driver.start(spec)
    await said(driver, spec.id, 'up')
    expect((await same().sweep(new Set([spec.id]))).killed).toBe(0)
    expect((await same().sweep(new Set())).killed).toBeGreaterThan(0)
    await exitOf(pod)
  })

  test('it says how it is, what it isolates by, and what its nodes have', async () => {
    const driver = (await makeDriver())()
    expect((await driver.health()).state).not.toBe('unreachable')
    const { level, reason } = await driver.isolation()
    expect(reason).not.toBe('')
    for (const node of await driver.nodes())
      expect(node).toMatchObject({ cluster: driver.id, isolation: level })
  })
}
