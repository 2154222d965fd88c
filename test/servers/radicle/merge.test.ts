import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import { git } from '../../../servers/kit/git.ts'
import { openChange } from '../../helpers/changes.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

const show = (repo: string, spec: string) => git(['-C', repo, 'show', spec])

test('a checked-out target is left alone unless its owner asks, and then only when it is clean', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const change = await openChange(hub, repo)
  const merge = { change: change.id, expect_head: change.head }
  expect(await failure(hub.call('change_merge', merge))).toMatchObject({
    code: 'conflict',
    hint: expect.stringMatching(/update_checkout/) as string,
  })
  writeFileSync(join(repo, 'src/sum.js'), '// my own half-done edit\n')
  expect(
    await failure(hub.call('change_merge', { ...merge, update_checkout: true })),
  ).toMatchObject({ code: 'conflict' })
  expect(readFileSync(join(repo, 'src/sum.js'), 'utf8')).toBe('// my own half-done edit\n')
  await git(['-C', repo, 'checkout', '--quiet', '--force', '-b', 'elsewhere'])
  await hub.call('change_merge', merge)
  expect(await show(repo, 'main:src/sum.js')).toContain('a + b')
})

test('a target that moved on is merged with, a conflicting one is refused with the file', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const [calm, clash] = [
    await openChange(hub, repo, 'task-calm'),
    await openChange(hub, repo, 'task-clash'),
  ]
  writeFiles(repo, { 'other.txt': 'new\n' })
  await commitAll(repo, 'other work')
  await hub.call('change_merge', {
    change: calm.id,
    expect_head: calm.head,
    strategy: 'squash',
    update_checkout: true,
  })
  expect(await git(['-C', repo, 'log', '--format=%P', '-1'])).toMatch(/^[0-9a-f]{40}\n$/)
  writeFiles(repo, { 'src/sum.js': 'export const sum = (a, b) => a + b + 0\n' })
  await commitAll(repo, 'rewrite')
  const refused = await failure(
    hub.call('change_merge', { change: clash.id, expect_head: clash.head, update_checkout: true }),
  )
  expect(refused).toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/src\/sum\.js/) as string,
  })
})

test('a merge that reached the repository before the hub could record it is recorded, not repeated', async () => {
  const [data, before] = [makeFolder(), makeFolder()]
  const first = await startHub({ data })
  const repo = await makeRepo()
  const change = await openChange(first, repo)
  const merge = { change: change.id, expect_head: change.head, update_checkout: true }
  await first.hub.stop()
  cpSync(data, before, { recursive: true }) // What a crash right after the merge would leave.
  const second = await startHub({ data })
  const merged = await second.call<Change>('change_merge', merge)
  const head = await git(['-C', repo, 'rev-parse', 'main'])
  const crashed = await startHub({ data: before })
  expect(await crashed.call('change_read', { change: change.id })).toMatchObject({
    change: { state: 'open' },
  })
  expect(await crashed.call('change_merge', merge)).toMatchObject({
    state: 'merged',
    mergedAs: merged.mergedAs,
  })
  expect(await git(['-C', repo, 'rev-parse', 'main'])).toBe(head)
})
