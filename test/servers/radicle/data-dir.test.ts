import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Workspace } from '../../../schemas/repo.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

test('nothing inside the data directory is a repository, by whatever way it is reached', async () => {
  const data = makeFolder('hub')
  const hub = await startHub({ data })
  const repo = await makeRepo()
  const space = await hub.call<Workspace>('branch_create', { repo, task: 'task-one' })
  const [copy] = (await git(['-C', space.path, 'rev-parse', '--git-common-dir'])).split('\n')
  const inside = join(data, 'inside')
  mkdirSync(inside)
  await git(['init', '--quiet', inside])
  const [link, disguised] = [join(makeFolder(), 'link'), makeFolder()]
  symlinkSync(data, link)
  writeFileSync(join(disguised, '.git'), `gitdir: ${copy}\n`)
  await git(['init', '--quiet', data])
  for (const path of [data, inside, join(link, 'inside'), space.path, copy, disguised]) {
    const refused = expect.objectContaining({ code: 'denied' }) as unknown
    const named = { repo: path, branch: 'plain' }
    expect(await failure(hub.call('branch_create', named)), path).toEqual(refused)
    expect(await failure(hub.call('spec_list', { repo: path })), path).toEqual(refused)
  }
})

test('a data directory inside a repository does not keep that repository from being used', async () => {
  const repo = await makeRepo()
  const data = join(repo, '.switchyard')
  const hub = await startHub({ data })
  expect(await hub.call('branch_create', { repo, branch: 'plain' })).toMatchObject({
    branch: 'plain',
  })
})
