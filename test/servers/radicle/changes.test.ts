import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { git } from '../../../servers/kit/git.ts'
import { openChange } from '../../helpers/changes.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

const task = 'task-one'

const show = (repo: string, spec: string) => git(['-C', repo, 'show', spec])

test('work happens apart: the checkout, its branch and its uncommitted edits stay as they are', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  writeFileSync(join(repo, 'notes.txt'), 'mine')
  const head = await git(['-C', repo, 'rev-parse', 'HEAD'])
  const change = await openChange(hub, repo)
  expect(await git(['-C', repo, 'rev-parse', 'HEAD'])).toBe(head)
  expect((await git(['-C', repo, 'branch', '--show-current'])).trim()).toBe('main')
  expect(await git(['-C', repo, 'status', '--porcelain'])).toBe('?? notes.txt\n')
  expect(await show(repo, `${change.branch}:src/sum.js`)).toContain('a + b')
})

test('a change is read, discussed, revised and merged', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const first = await openChange(hub, repo)
  expect((await hub.call<Change>('change_open', { task, title: 'again' })).revisions).toBe(1)
  await hub.call('change_comment', { change: first.id, body: 'why?', path: 'src/sum.js', line: 2 })
  await hub.call('change_review', {
    change: first.id,
    verdict: 'request_changes',
    body: 'Say so in the changelog',
  })
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  writeFiles(space.path, { 'CHANGELOG.md': '# Changes\n- adds\n' })
  await hub.call('commit_create', { task, message: 'Tell people' })
  const second = await hub.call<Change>('change_open', { task, title: first.title })
  expect(second).toMatchObject({ id: first.id, revisions: 2 })
  const shown = await hub.call<{ diff: string; comments: unknown[]; reviews: unknown[] }>(
    'change_read',
    { change: first.id },
  )
  expect(shown.diff).toContain('+- adds')
  expect([shown.comments.length, shown.reviews.length]).toEqual([1, 1])
  const stale = { change: first.id, expect_head: first.head, update_checkout: true }
  expect(await failure(hub.call('change_merge', stale))).toMatchObject({
    code: 'conflict',
    details: { head: second.head },
  })
  const merged = await hub.call<Change>('change_merge', { ...stale, expect_head: second.head })
  expect(merged.state).toBe('merged')
  expect(readFileSync(join(repo, 'src/sum.js'), 'utf8')).toContain('a + b')
  expect(await git(['-C', repo, 'status', '--porcelain'])).toBe('')
  expect(await hub.call('change_merge', { ...stale, expect_head: second.head })).toMatchObject({
    mergedAs: merged.mergedAs,
  })
  expect(
    await failure(hub.call('change_review', { change: first.id, verdict: 'accept' })),
  ).toMatchObject({ code: 'conflict' })
})

test('hostile names and places are refused before git sees them', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  for (const branch of [
    '--upload-pack=touch /tmp/x',
    '-x',
    'a..b',
    'refs/heads/x',
    'a b',
    '@{-1}',
    'x.lock',
  ]) {
    expect(await failure(hub.call('branch_create', { repo, branch })), branch).toMatchObject({
      code: 'invalid',
    })
  }
  expect(
    await failure(hub.call('branch_create', { repo, task, ref: '--upload-pack=x' })),
  ).toMatchObject({ code: 'not_found' })
  expect(
    await failure(hub.call('task_submit', { template: 'ci', repo: makeFolder() })),
  ).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/not a Git repository/) as string,
  })
  expect(
    await failure(hub.call('task_submit', { template: 'ci', repo: '/no/such' })),
  ).toMatchObject({ code: 'not_found' })
  expect(
    await failure(hub.call('task_submit', { template: 'ci', repo: 'ext::sh -c id' })),
  ).toMatchObject({ code: 'invalid' })
  expect(
    await failure(hub.call('task_submit', { template: 'ci', repo: 'https://example.org/x.git' })),
  ).toMatchObject({ code: 'unsupported' })
})

test('hooks and settings of a hostile repository do not run', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const mark = join(makeFolder(), 'ran')
  const script = `#!/bin/sh\ntouch ${mark}\n`
  for (const hook of [
    'post-checkout',
    'pre-commit',
    'commit-msg',
    'post-merge',
    'reference-transaction',
    'pre-receive',
    'post-update',
  ]) {
    writeFileSync(join(repo, '.git', 'hooks', hook), script, { mode: 0o755 })
  }
  const program = join(makeFolder(), 'program')
  writeFileSync(program, script, { mode: 0o755 })
  for (const key of [
    'core.fsmonitor',
    'diff.external',
    'core.pager',
    'core.sshCommand',
    'uploadpack.packObjectsHook',
  ]) {
    await git(['-C', repo, 'config', key, program])
  }
  const change = await openChange(hub, repo)
  await hub.call('change_read', { change: change.id })
  await hub.call('change_merge', {
    change: change.id,
    expect_head: change.head,
    update_checkout: true,
  })
  expect(existsSync(mark)).toBe(false)
})

test('a workspace whose .git was rewritten leads git nowhere else', async () => {
  const hub = await startHub()
  const [repo, victim] = [await makeRepo(), await makeRepo()]
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  const before = await git(['-C', victim, 'rev-parse', 'HEAD'])
  writeFileSync(join(space.path, '.git'), `gitdir: ${victim}/.git\n`)
  writeFileSync(join(space.path, 'x.txt'), 'x')
  symlinkSync('/etc/passwd', join(space.path, 'link'))
  await hub.call('commit_create', { task, message: 'try' })
  expect(await git(['-C', victim, 'rev-parse', 'HEAD'])).toBe(before)
  const change = await hub.call<Change>('change_open', { task, title: 'try' })
  const { diff } = await hub.call<{ diff: string }>('change_read', { change: change.id })
  expect(diff).toContain('/etc/passwd')
  expect(diff).not.toContain('root:x:')
})

test('a lock that another git holds for a moment is waited for', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  writeFileSync(join(space.path, 'x.txt'), 'x')
  const folder = (await git(['-C', space.path, 'rev-parse', '--absolute-git-dir'])).trim()
  writeFileSync(join(folder, 'index.lock'), '')
  setTimeout(() => rmSync(join(folder, 'index.lock')), 600)
  expect(await hub.call('commit_create', { task, message: 'wait' })).toMatchObject({
    committed: true,
  })
})

test('nothing to propose is said, and pages of commits follow each other', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  for (const name of ['two', 'three', 'four']) await commitAll(repo, name)
  await hub.call('branch_create', { repo, task })
  expect(await failure(hub.call('change_open', { task, title: 'nothing' }))).toMatchObject({
    code: 'conflict',
  })
  const first = await hub.call<{ items: { subject: string }[]; next: string }>('repo_log', {
    repo,
    limit: 3,
  })
  const second = await hub.call<{ items: { subject: string }[]; next?: string }>('repo_log', {
    repo,
    limit: 3,
    cursor: first.next,
  })
  expect([...first.items, ...second.items].map((commit) => commit.subject)).toEqual([
    'four',
    'three',
    'two',
    'first',
  ])
  expect(second.next).toBeUndefined()
})

test('changes are listed by their repository', async () => {
  const hub = await startHub()
  const [one, other] = [
    await openChange(hub, await makeRepo()),
    await openChange(hub, await makeRepo(), 'task-two'),
  ]
  const list = (repo: string) => hub.call<{ items: Change[] }>('change_list', { repo })
  expect((await list(one.repo)).items.map(({ id }) => id)).toEqual([one.id])
  expect((await list(other.repo)).items.map(({ id }) => id)).toEqual([other.id])
  expect((await list('repo-of-nobody')).items).toEqual([])
})
