import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { git } from '../../../servers/kit/git.ts'
import { openChange } from '../../helpers/changes.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

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
