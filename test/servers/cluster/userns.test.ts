import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { View } from '../../../servers/cluster/drivers/isolation/sandbox.ts'
import { sandboxOf } from '../../../servers/cluster/drivers/isolation/sandbox.ts'
import { usernsCommand } from '../../../servers/cluster/drivers/isolation/userns.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { offered } from './local-drivers.ts'

/** Folders of a hub whose paths are written otherwise in a table of mounts. */
function makeSandbox(more: View[] = []) {
  const dataDir = join(realpathSync(makeFolder('userns')), 'a b\\c #1,ro')
  const folder = (name: string) => {
    mkdirSync(join(dataDir, name), { recursive: true })
    return join(dataDir, name)
  }
  const [home, tmp, stage] = [folder('pods/p/home'), folder('pods/p/tmp'), folder('stage')]
  const [readable, writable] = [[folder('run')], [folder('work/one two')]]
  for (const name of ['token', 'run/endpoint', 'work/one two/file'])
    writeFileSync(join(dataDir, name), name)
  const path = process.env.PATH ?? '/usr/bin:/bin'
  const given = { home, tmp, stage, readable, writable, dataDir, codeRoot, path }
  const sandbox = sandboxOf(given)
  return { dataDir, sandbox: { ...sandbox, shown: [...sandbox.shown, ...more] } }
}

function runIn(sandbox: ReturnType<typeof sandboxOf>, script: string, ...args: string[]) {
  const [program = '', ...rest] = usernsCommand(sandbox, ['/bin/sh', '-c', script, 'sh', ...args])
  return spawnSync(program, rest, { encoding: 'utf8' })
}

describe.runIf(offered.includes('userns'))('a file system of user namespaces', () => {
  test('shows and hides what it should, whatever the paths are called', () => {
    const { dataDir, sandbox } = makeSandbox()
    const script = `
      cd "$1" && ls; cat run/endpoint; echo
      (echo x >run/endpoint) 2>/dev/null && echo LEAK run
      (echo x >/usr/x) 2>/dev/null && echo LEAK usr
      echo more >>"work/one two/file" && echo x >pods/p/home/x && echo x >/tmp/x && cat "work/one two/file"`
    const { stdout, stderr } = runIn(sandbox, script, dataDir)
    expect(stderr).toBe('')
    expect(stdout).toBe('pods\nrun\nwork\nrun/endpoint\nwork/one two/filemore\n')
  })

  test('nothing of the machine that is covered shows, nor what built it', () => {
    const { sandbox } = makeSandbox()
    const { stdout } = runIn(sandbox, 'ls -A /sys; ls /dev/pts; (echo x >/sys/x) 2>&1; ls /run/old')
    expect(stdout).toMatch(/^ptmx\n.*Read-only file system\n$/)
    const { stdout: mounts } = runIn(sandbox, 'cat /proc/self/mountinfo')
    const written = mounts.split('\n').flatMap((line) => {
      const [, , , , at = '', options = ''] = line.split(' ')
      return options.startsWith('rw') ? [at] : []
    })
    const memory = ['/proc', '/dev', '/run', '/tmp', '/sys', '/root', '/home']
    const folders = sandbox.shown.filter(({ as }) => as !== 'read').map(({ path }) => path)
    const wrong = written.filter(
      (at) =>
        at !== '' &&
        ![...memory, ...folders.map((one) => one.split(' ')[0] ?? '')].some((one) =>
          at.startsWith(one),
        ),
    )
    expect(wrong).toEqual([])
  })

  test('a view in another is shown over it, in the order of the list', () => {
    const outer = realpathSync(makeFolder('outer'))
    mkdirSync(join(outer, 'in/deep'), { recursive: true })
    for (const name of ['secret', 'in/secret', 'in/deep/open']) writeFileSync(join(outer, name), '')
    const { sandbox } = makeSandbox([
      { as: 'read', path: outer },
      { as: 'hide', path: join(outer, 'in') },
      { as: 'write', path: join(outer, 'in/deep') },
    ])
    const script = 'cd "$1"; find . | sort; touch in/deep/new && touch new'
    const { stdout, stderr } = runIn(sandbox, script, outer)
    expect(stdout).toBe('.\n./in\n./in/deep\n./in/deep/open\n./secret\n')
    expect(stderr).toContain('Read-only file system')
  })

  test('it is built by a few processes, since each costs milliseconds of a start', () => {
    const { sandbox } = makeSandbox()
    // The id of a process in its namespace counts those before it.
    expect(Number(runIn(sandbox, 'echo $$').stdout)).toBeLessThan(32)
  })
})
