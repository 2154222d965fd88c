import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { prepareLaunch } from '../../../servers/cluster/drivers/launch.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub } from '../../helpers/hub.ts'
import { makeRepo, writeFiles } from '../../helpers/repo.ts'
import { specOf } from '../cluster/pod-specs.ts'

test("copies of repositories lie in their orgs' folders, and a pod sees those of its own org", async () => {
  const data = makeFolder('hub')
  const hub = await startHub({ data })
  const space = await hub.call<Workspace>('branch_create', {
    repo: await makeRepo(),
    task: 'task-one',
  })
  expect(readdirSync(join(data, 'repos'))).toEqual(['default'])
  expect(readdirSync(join(data, 'repos', 'default'))).toEqual([`${space.repo}.git`])
  expect(mountsOf('default')).toEqual([join(data, 'repos', 'default')])
  expect(mountsOf('other')).toEqual([join(data, 'repos', 'other')])

  function mountsOf(org: string): string[] {
    const mounts = [{ purpose: 'repositories', key: org, access: 'read' } as const]
    const spec = specOf('true', { org, workspace: { key: 'one', mounts } })
    const at = { folder: join(data, 'pods', 'one'), dataDir: data, codeRoot: data, podEnv: [] }
    const { args } = prepareLaunch(spec, ['true'], { ...at, isolation: 'bwrap' })
    return [...new Set(args.filter((arg) => arg.startsWith(join(data, 'repos'))))]
  }
})

test('copies of an older data directory move at the start, with the work that is in them', async () => {
  const data = makeFolder('hub')
  const repo = await makeRepo()
  const first = await startHub({ data })
  const space = await first.call<Workspace>('branch_create', { repo, task: 'task-one' })
  writeFiles(space.path, { 'one.txt': 'one\n' })
  await first.call('commit_create', { task: 'task-one', message: 'Work' })
  await first.hub.stop()
  const [now, before] = [
    join(data, 'repos', 'default', `${space.repo}.git`),
    join(data, 'repos', `${space.repo}.git`),
  ]
  renameSync(now, before)
  const hub = await startHub({ data })
  expect(existsSync(before)).toBe(false)
  expect(readFileSync(join(space.path, '.git'), 'utf8')).toContain(now)
  expect(await git(['-C', space.path, 'status', '--porcelain'])).toBe('')
  const change = await hub.call<Change>('change_open', { task: 'task-one', title: 'Work' })
  expect(await git(['-C', repo, 'show', `${change.branch}:one.txt`])).toBe('one\n')
})
