import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../../schemas/task.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { openChange } from '../../helpers/changes.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { readTask, submitRepair, underReview, writePolicy } from '../../helpers/review.ts'

// Several agents, one after another.
const long = { timeout: 240_000 }

test(
  'comments start an attempt that answers each with its commit, and two approvals merge it',
  long,
  async () => {
    const data = makeFolder()
    writePolicy(data, { required: 2, autoMerge: true, updateCheckout: true })
    const hub = await startHub({ data, dispatch: 'local' })
    const [dora, max] = [await hub.as('dora', 'developer'), await hub.as('max', 'developer')]
    const repo = await makeRepo()
    const { id: task } = await submitRepair(hub.client, repo)
    const first = await underReview(hub.client, task, 1)
    const change = first.change.id
    // A burst: one attempt reads them all.
    await dora.call('change_review', {
      change,
      verdict: 'request_changes',
      body: 'Nearly',
      comments: [
        {
          path: 'src/sum.js',
          line: 2,
          body: 'Replace "a + b" with "b + a" in src/sum.js',
          resolve: 'required',
        },
        { body: 'Add "- sums up" to CHANGELOG.md', resolve: 'optional' },
      ],
    })
    await max.call('change_comment', { change, body: 'Sing a song', resolve: 'optional' })
    const second = await underReview(hub.client, task, 2)
    expect((await readTask(hub.client, task)).attempts).toHaveLength(2)
    const asked = second.comments.filter(({ resolve }) => resolve !== undefined)
    expect(asked.map(({ state }) => state)).toEqual(['addressed', 'addressed', 'addressed'])
    const commits = asked.map(({ addressedIn }) => addressedIn?.commit)
    expect(commits[0]).not.toBe(commits[1])
    expect(commits[2]).toBeUndefined()
    expect(await git(['-C', repo, 'show', '--stat', '--format=%s', commits[1]!])).toContain(
      'CHANGELOG.md',
    )
    expect(second.comments.filter(({ replyTo }) => replyTo !== undefined)).toHaveLength(3)
    expect(asked[0]?.place).toBe('gone')
    expect(second.mergeable).toMatchObject({ ready: false, approvals: 0, required: 2 })
    // The owner asked for the work, so what the owner says of it does not count.
    await hub.call('change_review', { change, verdict: 'accept' })
    await dora.call('change_review', { change, verdict: 'accept' })
    expect(await underReview(hub.client, task, 2)).toMatchObject({
      mergeable: { ready: false, approvals: 1 },
    })
    await max.call('change_review', { change, verdict: 'accept' })
    await until(async () => (await readTask(hub.client, task)).task.state === 'succeeded')
    expect(readFileSync(join(repo, 'src/sum.js'), 'utf8')).toContain('b + a')
    expect(readFileSync(join(repo, 'CHANGELOG.md'), 'utf8')).toContain('- sums up')
  },
)

test(
  'a target that moved into the way is merged by an agent, and its next revision is approved anew',
  long,
  async () => {
    const data = makeFolder()
    writePolicy(data, { required: 1, selfReview: true, autoMerge: true })
    const hub = await startHub({ data, dispatch: 'local' })
    const repo = await makeRepo()
    await git(['-C', repo, 'checkout', '--quiet', '-b', 'elsewhere'])
    await git(['-C', repo, 'branch', '--quiet', 'kept'])
    const { id: task } = await hub.call<{ id: string }>('task_submit', {
      template: 'code',
      repo,
      ref: 'main',
      goal: 'Make the failing test pass, and add "- ours" to CHANGELOG.md',
      model: 'scripted',
    })
    const first = await underReview(hub.client, task, 1)
    const { id: change } = first.change
    await git(['-C', repo, 'checkout', '--quiet', 'main'])
    writeFiles(repo, { 'CHANGELOG.md': '# Changes\n- theirs\n' })
    const moved = await commitAll(repo, 'Others')
    await git(['-C', repo, 'checkout', '--quiet', 'elsewhere'])
    await hub.call('change_review', { change, verdict: 'accept' })
    const second = await underReview(hub.client, task, 2)
    expect(second.change).not.toHaveProperty('conflict')
    expect(second.mergeable).toMatchObject({ ready: false, approvals: 0 })
    expect(await git(['-C', repo, 'show', `${second.change.head}:CHANGELOG.md`])).toBe(
      '# Changes\n- ours\n- theirs\n',
    )
    const parents = await git(['-C', repo, 'log', '--merges', '--format=%P', second.change.branch])
    expect(parents).toContain(moved)
    await hub.call('change_review', { change, verdict: 'accept' })
    await until(async () => (await readTask(hub.client, task)).task.state === 'succeeded')
    expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toContain('a + b')
  },
)

test(
  'agents alone do not go round for ever: after as many rounds as allowed a person is waited for',
  long,
  async () => {
    const data = makeFolder()
    writePolicy(data, { maxRounds: 1 })
    const hub = await startHub({ data, dispatch: 'local', model: 'scripted' })
    const repo = await makeRepo()
    const { id: task } = await submitRepair(hub.client, repo)
    const { change } = await underReview(hub.client, task, 1)
    /** As an agent whose task is to review it asks for something. */
    const ask = async (body: string) => {
      const reviewing = { template: 'review', repo, params: { change: change.id } }
      const { id } = await hub.call<{ id: string }>('task_submit', { ...reviewing, priority: -1 })
      const { lease } = await hub.call<{ lease: { token: string; fence: number } }>('task_claim', {
        ...{ agent: 'reviewer-one', task: id },
      })
      await hub.client.withToken(lease.token).call('change_review', {
        ...{ change: change.id, verdict: 'request_changes', body },
      })
      const result = { summary: 'asked' }
      await hub.call('task_report', { task: id, fence: lease.fence, outcome: 'succeeded', result })
    }
    await ask('Add "- one" to CHANGELOG.md')
    await underReview(hub.client, task, 2)
    await ask('Add "- two" to CHANGELOG.md')
    const waiting = async () =>
      (await hub.call<{ change: { waiting?: string } }>('change_read', { change: change.id }))
        .change.waiting
    await until(async () => (await waiting()) !== undefined)
    expect((await readTask(hub.client, task)).attempts).toHaveLength(2)
    // Whoever it waits for has it go on.
    await hub.call('change_review', {
      ...{ change: change.id, verdict: 'request_changes', body: 'Add "- three" to CHANGELOG.md' },
    })
    expect(await underReview(hub.client, task, 3)).not.toHaveProperty('change.waiting')
  },
)

test('a target that moved is merged once the checks have passed on the result', long, async () => {
  const data = makeFolder()
  writePolicy(data, { required: 1, selfReview: true, autoMerge: true, checksOnMerge: true })
  const hub = await startHub({ data, dispatch: 'local', model: 'scripted' })
  const repo = await makeRepo()
  await git(['-C', repo, 'branch', '--quiet', 'elsewhere'])
  const { id: task } = await submitRepair(hub.client, repo)
  const { change } = await underReview(hub.client, task, 1)
  writeFiles(repo, { 'other.txt': 'other\n' })
  await commitAll(repo, 'Others')
  await git(['-C', repo, 'checkout', '--quiet', 'elsewhere'])
  const merge = { change: change.id, expect_head: change.head, force: false }
  await hub.call('change_review', { change: change.id, verdict: 'accept' })
  expect(await failure(hub.call('change_merge', merge))).toMatchObject({
    details: { reasons: ['merge_unchecked'] },
  })
  expect(await hub.call('change_check', { change: change.id })).toMatchObject({
    merged: expect.any(String) as string,
  })
  await until(async () => (await readTask(hub.client, task)).task.state === 'succeeded')
  const { items } = await hub.call<{ items: Task[] }>('task_list')
  expect(items.filter(({ template }) => template === 'ci')).toMatchObject([
    { state: 'succeeded', provenance: { via: 'review', id: task } },
  ])
  expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toContain('a + b')
  expect(await failure(hub.call('change_check', { change: change.id }))).toMatchObject({
    code: 'conflict',
  })
})

test('a conflict of a change whose task has ended becomes a task of its own', long, async () => {
  const hub = await startHub({ dispatch: 'local', model: 'scripted' })
  const repo = await makeRepo()
  const { id: task } = await submitRepair(hub.client, repo)
  const { lease } = await hub.call<{ lease: { fence: number } }>('task_claim', {
    ...{ agent: 'worker-one', task },
  })
  const change = await openChange(hub, repo, task)
  await hub.call('task_report', {
    ...{ task, fence: lease.fence, outcome: 'failed', failure: { code: 'gone', message: 'gone' } },
  })
  const theirs = 'export function sum(a, b) {\n  return b - a\n}\n'
  writeFiles(repo, { 'src/sum.js': theirs })
  await commitAll(repo, 'Others')
  const resolving = { change: change.id, expect_head: change.head, resolve: true }
  await hub.call('change_merge', resolving)
  let next: Task | undefined
  await until(async () => {
    const { items } = await hub.call<{ items: Task[] }>('task_list')
    next = items.find(({ id }) => id !== task)
    return next !== undefined
  })
  expect(next).toMatchObject({
    ...{ template: 'code', params: { ref: change.branch, merge: 'main' } },
    provenance: { via: 'review', id: task },
  })
  await hub.call('change_merge', resolving)
  const { change: resolved } = await underReview(hub.client, next!.id, 1)
  expect(resolved.target).toBe('main')
  const both = await git(['-C', repo, 'show', `${resolved.head}:src/sum.js`])
  expect(both).toContain('return a + b\n  return b - a')
  const { items } = await hub.call<{ items: Task[] }>('task_list')
  expect(items).toHaveLength(2)
  const { change: waiting } = await hub.call<{ change: { waiting: string } }>('change_read', {
    change: change.id,
  })
  expect(waiting.waiting).toContain(next!.id)
})
