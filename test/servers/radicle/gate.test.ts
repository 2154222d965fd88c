import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { writePolicy } from '../../helpers/review.ts'

const task = 'task-one'
const failedCheck = {
  ...{ name: 'test', command: 'npm test', state: 'failed', exitCode: 1, durationMs: 5 },
}

/** A change of one file, proposed with what its checks said. */
async function propose(hub: TestHub, repo: string, checks: object[] = []): Promise<Change> {
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  writeFileSync(join(space.path, 'one.txt'), 'ours\n')
  await hub.call('commit_create', { task, message: 'One' })
  return hub.call<Change>('change_open', { task, title: 'One', checks })
}

const mergeOf = ({ id, head }: Change, more: object = {}) => ({
  ...{ change: id, expect_head: head, update_checkout: true, ...more },
})

test('approvals that are missing and failed checks keep a change out, unless an owner forces it', async () => {
  const data = makeFolder()
  writePolicy(data, { required: 1 })
  const hub = await startHub({ data })
  const [dora, max] = [await hub.as('dora', 'developer'), await hub.as('max', 'developer')]
  const repo = await makeRepo()
  const change = await propose(hub, repo, [failedCheck])
  const merge = mergeOf(change)
  expect(await failure(dora.call('change_merge', merge))).toMatchObject({
    code: 'conflict',
    details: { reasons: ['approvals_missing', 'checks_failed'] },
  })
  await max.call('change_review', { change: change.id, verdict: 'accept' })
  expect(await failure(dora.call('change_merge', merge))).toMatchObject({
    details: { reasons: ['checks_failed'] },
  })
  const forced = { ...merge, force: true }
  expect(await failure(dora.call('change_merge', forced))).toMatchObject({ code: 'denied' })
  expect(await hub.call('change_merge', forced)).toMatchObject({ state: 'merged' })
})

test('an approval is of its revision: a new one needs its own', async () => {
  const data = makeFolder()
  writePolicy(data, { required: 1 })
  const hub = await startHub({ data })
  const dora = await hub.as('dora', 'developer')
  const repo = await makeRepo()
  const first = await propose(hub, repo)
  await dora.call('change_review', { change: first.id, verdict: 'accept' })
  const { path } = await hub.call<Workspace>('branch_create', { repo, task })
  writeFileSync(join(path, 'two.txt'), 'two\n')
  await hub.call('commit_create', { task, message: 'Two' })
  const second = await hub.call<Change>('change_open', { task, title: 'Two' })
  expect(await failure(dora.call('change_merge', mergeOf(second)))).toMatchObject({
    details: { reasons: ['approvals_missing'] },
  })
  await dora.call('change_review', { change: second.id, verdict: 'accept' })
  expect(await dora.call('change_merge', mergeOf(second))).toMatchObject({ state: 'merged' })
})

test('a conflict is answered with its files and places, and sent back where that is asked', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const change = await propose(hub, repo)
  writeFiles(repo, { 'one.txt': 'theirs\n' })
  const target = await commitAll(repo, 'Others')
  const hunk = expect.stringMatching(/^<{7} .*\ntheirs\n={7}\nours\n>{7} /) as string
  const conflict = { target, files: [{ path: 'one.txt', hunks: [hunk] }] }
  const shown = { ready: false, reasons: [{ code: 'conflict' }, { code: 'target_moved' }] }
  expect(await hub.call('change_read', { change: change.id })).toMatchObject({ mergeable: shown })
  expect(await failure(hub.call('change_merge', mergeOf(change)))).toMatchObject({
    ...{ code: 'conflict', message: expect.stringContaining('one.txt') as string },
    details: conflict,
  })
  const resolving = mergeOf(change, { resolve: true })
  expect(await hub.call('change_merge', resolving)).toMatchObject({ state: 'open', conflict })
  expect(await hub.call('branch_update', { task })).toMatchObject({
    ...{ state: 'conflicts', target: 'main', commit: target },
    files: [{ path: 'one.txt' }],
  })
  // As an attempt does that was killed and begins again.
  expect(await hub.call('branch_update', { task })).toMatchObject({ state: 'conflicts' })
  expect(await failure(hub.call('commit_create', { task, message: 'Merge' }))).toMatchObject({
    ...{ code: 'conflict', details: { files: ['one.txt'] } },
  })
  const { path } = await hub.call<Workspace>('branch_create', { repo, task })
  writeFileSync(join(path, 'one.txt'), 'both\n')
  const { head } = await hub.call<{ head: string }>('commit_create', { task, message: 'Merge' })
  expect(await hub.call('branch_update', { task })).toMatchObject({ state: 'current' })
  const revised = await hub.call<Change>('change_open', { task, title: 'One' })
  expect(revised).toMatchObject({ head, revisions: 2 })
  expect(revised).not.toHaveProperty('conflict')
  expect(await hub.call('change_merge', mergeOf(revised))).toMatchObject({ state: 'merged' })
  expect(await git(['-C', repo, 'show', 'main:one.txt'])).toBe('both\n')
  const unknown = failure(hub.call('branch_update', { task: 'task-none' }))
  expect(await unknown).toMatchObject({ code: 'not_found' })
})

test('a rebase makes the commits anew on the target, with their authors, once', async () => {
  const data = makeFolder()
  writePolicy(data, { strategy: 'rebase' })
  const hub = await startHub({ data })
  const repo = await makeRepo()
  await propose(hub, repo)
  const { path } = await hub.call<Workspace>('branch_create', { repo, task })
  writeFileSync(join(path, 'two.txt'), 'two\n')
  await hub.call('commit_create', { task, message: 'Two' })
  const change = await hub.call<Change>('change_open', { task, title: 'Both' })
  writeFiles(repo, { 'three.txt': 'three\n' })
  const target = await commitAll(repo, 'Others')
  const merged = await hub.call<Change>('change_merge', mergeOf(change))
  const log = await git(['-C', repo, 'log', '--format=%H %an %s', '-3', 'main'])
  expect(log.split('\n').map((line) => line.slice(41))).toEqual([
    'owner Two',
    'owner One',
    'Switchyard Others',
    '',
  ])
  expect(log.startsWith(merged.mergedAs!)).toBe(true)
  expect(await git(['-C', repo, 'rev-parse', 'main~2'])).toBe(`${target}\n`)
  expect(await git(['-C', repo, 'log', '-1', '--format=%B', 'main'])).toContain(
    `Change: ${change.id}`,
  )
})
