import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import { sandboxOf } from '../../../servers/cluster/drivers/isolation/sandbox.ts'
import { seatbeltProfile } from '../../../servers/cluster/drivers/isolation/seatbelt.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { makeDataDir, offered } from './local-drivers.ts'

/** What a program would try that wants the owner's token, or the hub's end. Each line that works says LEAK. */
const attacks = (dataDir: string, hubPid: number, canary: string) => `
leak() { grep -q . 2>/dev/null && echo "LEAK $1"; }
cat ${dataDir}/token 2>/dev/null | leak 'the token'
ls ${dataDir}/switchyard.db 2>/dev/null | leak 'the database'
cat /proc/${hubPid}/root${dataDir}/token 2>/dev/null | leak 'through the root of the hub'
cat /proc/${hubPid}/cwd/token /proc/${hubPid}/environ 2>/dev/null | leak 'the environment of the hub'
for process in /proc/[0-9]*; do
  cat "$process/root${dataDir}/token" 2>/dev/null | leak "through the root of $process"
  cat "$process/environ" 2>/dev/null | tr '\\0' '\\n' | grep ^HUB_SECRET= | leak "the environment of $process"
done
ln -s ${dataDir}/token link && cat link 2>/dev/null | leak 'through a link'
cat ${canary} 2>/dev/null | leak 'the home'
ls ${dataDir}/pods | grep -v "^$SWITCHYARD_POD$" | leak 'other pods'
ls ${dataDir}/stage/root ${dataDir}/stage${dataDir}/token 2>/dev/null | leak 'through the stage'
kill -0 ${hubPid} 2>/dev/null && echo "LEAK the hub can be killed"
(echo x >/usr/local/switchyard-escape) 2>/dev/null && echo "LEAK the system can be written"
(echo x >${codeRoot}/switchyard-escape) 2>/dev/null && echo "LEAK the hub's code can be written"
(cat /proc/sys/kernel/core_pattern >/proc/sys/kernel/core_pattern) 2>/dev/null && echo "LEAK the kernel can be set"
for device in /dev/sd? /dev/vd? /dev/nvme* /dev/mem; do [ -e "$device" ] && echo "LEAK $device"; done
mkdir -p tmp/seen
for trick in "umount ${dataDir}" "umount -l ${dataDir}" "mount --bind / $PWD/tmp/seen" \\
  "mount --rbind / $PWD/tmp/seen; umount -l $PWD/tmp/seen${dataDir}" "mount --bind ${dataDir} $PWD/tmp/seen" \\
  "mount -o remount,rw,bind /; touch /usr/local/switchyard-escape"; do
  unshare --user --map-root-user --mount /bin/sh -c "$trick; cat ${dataDir}/token $PWD/tmp/seen/token $PWD/tmp/seen${dataDir}/token" \\
    2>/dev/null | leak "by $trick"
done
[ "$(id -u)" = "${process.getuid?.()}" ] || echo "LEAK not its own user"
for log in output.log ../output.log; do rm -f $log; ln -s ${dataDir}/token $log; done 2>/dev/null
for folder in tmp ../tmp /tmp; do rm -rf $folder; ln -s ${dataDir} $folder; done 2>/dev/null
echo held >held && echo finished
`

async function runToEnd(hub: TestHub, script: string): Promise<string> {
  const { id } = await hub.call<Pod>('pod_run', { command: ['/bin/sh', '-c', script] })
  await until(async () => (await hub.call<Pod>('pod_read', { pod: id })).state === 'exited')
  return (await hub.call<{ data: string }>('pod_log', { pod: id })).data
}

/** A file in the home of whoever runs the tests, as a secret there. */
function homeCanary(): string {
  const folder = join(homedir(), '.cache')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `switchyard-canary-${process.pid}`)
  writeFileSync(file, 'secret')
  onTestFinished(() => rmSync(file))
  return file
}

describe.each(offered.filter((level) => level !== 'none'))('isolated by %s', (level) => {
  test(
    'a pod reaches neither the token, nor the home, nor the hub',
    { timeout: 60_000 },
    async () => {
      process.env.HUB_SECRET = 'hunter2'
      const hub = await startHub({ isolation: level })
      await hub.call('pod_run', { command: ['sleep', '60'] })
      const { dataDir } = hub.hub
      const text = await runToEnd(hub, attacks(dataDir, process.pid, homeCanary()))
      expect(text).toBe('finished\n')
      expect(text).not.toContain(hub.token)
      expect(existsSync('/usr/local/switchyard-escape')).toBe(false)
    },
  )

  test('a later program in the same pod is shown nothing through what the pod put in place of its folders', async () => {
    const hub = await startHub({ isolation: level })
    const { dataDir } = hub.hub
    const script = `rm -rf "$TMPDIR" tmp; ln -s ${dataDir} "$TMPDIR"; ln -s ${dataDir} tmp; echo ready; sleep 60`
    const { id: pod } = await hub.call<Pod>('pod_run', { command: ['/bin/sh', '-c', script] })
    await until(async () =>
      (await hub.call<{ data: string }>('pod_log', { pod })).data.includes('ready'),
    )
    const command = ['/bin/sh', '-c', 'cat /tmp/token tmp/token "$TMPDIR/token"']
    expect(await hub.call('pod_exec', { pod, command })).toMatchObject({ stdout: '', exitCode: 1 })
  })

  test('a pod has what builds need: a shell, Node, devices, temporary files, names', async () => {
    const hub = await startHub({ isolation: level })
    const text = await runToEnd(
      hub,
      `node -e 'console.log(1 + 1)'; echo x >/tmp/file && cat /tmp/file; head -c 4 /dev/urandom | wc -c
       [ -w /dev/stdout ] && echo y; cat /etc/resolv.conf >/dev/null && echo resolver; echo "$HOME" | grep -c pods`,
    )
    expect(text.split('\n').map((line) => line.trim())).toEqual([
      '2',
      'x',
      '4',
      'y',
      'resolver',
      '1',
      '',
    ])
  })
})

// Most people do not run a hub as root; here the tests may, and then they also try as nobody.
const mayDrop =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    'unshare',
    '--user',
    'true',
  ]).status === 0

test.runIf(mayDrop && offered.includes('userns'))(
  'an unprivileged user gets the same isolation from namespaces',
  () => {
    const dataDir = makeDataDir()
    writeFileSync(join(dataDir, 'token'), 'secret')
    execFileSync('chown', ['-R', '65534:65534', dataDir])
    const script = attacks(dataDir, process.pid, '/nothing').replace(/^\[ "\$\(id -u\).*$/m, '')
    const program = join(import.meta.dirname, 'run-isolated.ts')
    const { stdout, stderr } = spawnSync(
      'setpriv',
      [
        ...['--reuid', '65534', '--regid', '65534', '--clear-groups'],
        ...[process.execPath, program, dataDir, script],
      ],
      { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: '/nonexistent' } },
    )
    expect(`${stdout}${stderr}`).toBe('userns\nfinished\n')
  },
)

test('a hub that ends while levels are tried leaves nothing of the trial', async () => {
  const hub = await startHub({ isolation: 'auto' })
  const warnings = hub.hub.clusters.warnings().catch((error: unknown) => String(error))
  await hub.hub.stop()
  await warnings
  expect(readdirSync(hub.hub.dataDir).filter((name) => name.startsWith('probe-'))).toEqual([])
})

describe('what a sandbox shows', () => {
  const dataDir = '/var/lib/hub/data'
  const shownOn = (path: string) =>
    sandboxOf({
      home: `${dataDir}/pods/p1/home`,
      tmp: `${dataDir}/pods/p1/tmp`,
      stage: `${dataDir}/stage`,
      readable: [],
      writable: [`${dataDir}/work/t1`],
      dataDir,
      codeRoot,
      path,
    })

  test('of a home only the tools on the PATH, without what lies beside them', () => {
    const home = makeDataDir()
    const before = process.env.HOME
    process.env.HOME = home
    const bins = [
      '.local/bin',
      '.nvm/versions/node/v24/bin',
      '.cargo/bin',
      '.pyenv/shims',
      'code/x/node_modules/.bin',
      'bin',
    ]
    for (const bin of bins) mkdirSync(join(home, bin), { recursive: true })
    const { shown } = shownOn([...bins, 'code/gone/bin'].map((bin) => join(home, bin)).join(':'))
    process.env.HOME = before
    const read = shown.filter(({ as, path }) => as === 'read' && path.startsWith(home))
    expect(shown).toContainEqual({ as: 'hide', path: home })
    expect(read.map(({ path }) => path.slice(home.length + 1))).toEqual([
      '.local/bin',
      '.nvm/versions/node/v24',
      '.cargo/bin',
      '.pyenv',
      'code/x/node_modules',
      'bin',
    ])
  })

  test('macOS gets a profile in which the last word on a path is the narrowest one', () => {
    const { shown, ...rest } = shownOn('/usr/bin')
    const views = shown.filter(({ path }) => path.startsWith(dataDir))
    const lines = seatbeltProfile({
      ...rest,
      shown: [{ as: 'hide', path: '/Users/a "b"' }, { as: 'read', path: '/opt/x' }, ...views],
    }).split('\n')
    const files = lines.filter((line) => line.includes('subpath'))
    expect(files).toEqual([
      String.raw`(deny file-read* file-write* (subpath "/Users/a \"b\""))`,
      '(allow file-read* (subpath "/opt/x"))',
      `(deny file-read* file-write* (subpath "${dataDir}"))`,
      `(allow file-read* file-write* (subpath "${dataDir}/pods/p1/home"))`,
      `(allow file-read* file-write* (subpath "${dataDir}/pods/p1/tmp"))`,
      `(allow file-read* file-write* (subpath "${dataDir}/work/t1"))`,
    ])
    expect(lines.indexOf('(deny file-write*)')).toBeLessThan(lines.indexOf(files[0] ?? ''))
    for (const rule of ['(deny mach-lookup)', '(deny signal)', '(deny appleevent-send)'])
      expect(lines).toContain(rule)
    expect(lines.at(-1)).toContain(`(literal "${dataDir}/pods")`)
  })
})

test('what a hub left that was killed while it tried the isolation is removed', async () => {
  const data = makeDataDir()
  const hourAgo = Date.now() / 1000 - 3600
  for (const name of ['probe-old', 'probe-young']) {
    mkdirSync(join(data, name, 'tmp'), { recursive: true })
    writeFileSync(join(data, `${name}.secret`), 'secret')
  }
  for (const name of ['probe-old', 'probe-old.secret'])
    utimesSync(join(data, name), hourAgo, hourAgo)
  const hub = await startHub({ data, isolation: 'auto' })
  await hub.call('cluster_list')
  const left = readdirSync(data).filter((name) => name.startsWith('probe-'))
  expect(left.toSorted()).toEqual(['probe-young', 'probe-young.secret'])
})
