import { expect, test } from 'vitest'
import type { Change, ChangeReview } from '../../../schemas/change.ts'
import type { Task } from '../../../schemas/task.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { readTask, underReview, writePolicy } from '../../helpers/review.ts'

// Several agents, one after another.
const long = { timeout: 240_000 }
type Read = { change: Change; reviews: ChangeReview[] }

const repaired = 'export function sum(a, b) {\n  return a + b\n}\n'

/** A hub that knows a repository with a branch of somebody else's, which mends the sum. */
async function withBranch(review: Parameters<typeof writePolicy>[1]) {
  const data = makeFolder()
  writePolicy(data, review)
  const hub = await startHub({ data, dispatch: 'local', model: 'scripted' })
  const repo = await makeRepo()
  await hub.call('branch_create', { repo, branch: 'elsewhere' })
  await git(['-C', repo, 'checkout', '--quiet', '-b', 'theirs', 'main'])
  writeFiles(repo, { 'src/sum.js': repaired })
  await commitAll(repo, 'Add, do not subtract')
  await git(['-C', repo, 'checkout', '--quiet', 'elsewhere'])
  return { hub, repo }
}

const tasksOf = async (hub: TestHub) => (await hub.call<{ items: Task[] }>('task_list')).items

test('a model reviews a change that was taken in, and its approval merges it', long, async () => {
  const { hub, repo } = await withBranch({
    ...{ bot: true, botModel: 'scripted', botCounts: true, required: 1, autoMerge: true },
  })
  const { id: change } = await hub.call<Change>('change_import', { repo, handle: 'theirs' })
  const read = () => hub.call<Read>('change_read', { change })
  await until(async () => (await read()).change.state === 'merged', 120_000)
  expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toBe(repaired)
  expect((await read()).reviews).toMatchObject([{ verdict: 'accept', revision: 1 }])
  expect(await tasksOf(hub)).toMatchObject([
    { template: 'review', provenance: { via: 'review', id: change } },
  ])
})

test(
  'what somebody else proposed is revised in a task of its own, and only when that is asked',
  long,
  async () => {
    const { hub, repo } = await withBranch({})
    const asked = { repo, handle: 'theirs' }
    const { id: change, head } = await hub.call<Change>('change_import', asked)
    const wants = { change, verdict: 'request_changes', body: 'Add "- sums" to CHANGELOG.md' }
    await hub.call('change_review', wants)
    writeFiles(repo, { 'CHANGELOG.md': '# Changes\n- sums\n' })
    await git(['-C', repo, 'checkout', '--quiet', 'main'])
    writeFiles(repo, { 'src/sum.js': 'export function sum(a, b) {\n  return b - a\n}\n' })
    await commitAll(repo, 'Others')
    await git(['-C', repo, 'checkout', '--quiet', 'elsewhere'])
    expect(await tasksOf(hub)).toEqual([])
    await hub.call('change_merge', { change, expect_head: head, resolve: true })
    await until(async () => (await tasksOf(hub)).length === 1)
    const [task] = await tasksOf(hub)
    expect(task).toMatchObject({
      ...{
        template: 'code',
        params: { ref: 'theirs', merge: 'main' },
        submittedBy: expect.any(String) as string,
      },
      provenance: { via: 'review', id: change },
    })
    const made = await underReview(hub.client, task!.id, 1)
    expect(made.change.branch).toBe(`switchyard/${task!.id}`)
    const read = await hub.call<Read>('change_read', { change })
    expect(read.change).toMatchObject({ head, state: 'open', revisions: 1 })
    expect((await git(['-C', repo, 'rev-parse', 'theirs'])).trim()).toBe(head)
  },
)

test(
  'a task opens its change as a draft, and nobody is set to review it until it is ready',
  long,
  async () => {
    const data = makeFolder()
    writePolicy(data, { bot: true, botModel: 'scripted' })
    const hub = await startHub({ data, dispatch: 'local', model: 'scripted' })
    const repo = await makeRepo()
    const { id: task } = await hub.call<Task>('task_submit', {
      ...{ template: 'code', repo, goal: 'Make the failing test pass', params: { draft: true } },
    })
    const { change } = await underReview(hub.client, task, 1)
    expect(change).toMatchObject({ draft: true, state: 'open' })
    // What is said of a draft is worked on, and leaves it one.
    await hub.call('change_comment', {
      ...{ change: change.id, body: 'Add "- one" to CHANGELOG.md', resolve: 'required' },
    })
    expect((await underReview(hub.client, task, 2)).change).toMatchObject({ draft: true })
    expect(await tasksOf(hub)).toHaveLength(1)
    await hub.call('change_update', { change: change.id, draft: false })
    const read = () => hub.call<Read>('change_read', { change: change.id })
    await until(async () => (await read()).reviews.length === 1, 120_000)
    expect((await read()).change).not.toHaveProperty('draft')
    expect((await readTask(hub.client, task)).attempts).toHaveLength(2)
  },
)
