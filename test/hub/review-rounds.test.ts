import { expect, onTestFinished, test } from 'vitest'
import type { HubClient } from '../../agent/hub-client.ts'
import type { Pod } from '../../schemas/cluster.ts'
import type { LogChunk } from '../../schemas/log.ts'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import { git } from '../../servers/kit/git.ts'
import { makeFolder } from '../helpers/folder.ts'
import { until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import { readTask, submitRepair, underReview, writePolicy } from '../helpers/review.ts'

async function startProcessHub(review: Parameters<typeof writePolicy>[1]): Promise<ProcessHub> {
  const data = makeFolder()
  writePolicy(data, review)
  const hub = new ProcessHub(data)
  onTestFinished(async () => {
    await hub.stop()
  })
  await hub.start()
  return hub
}

async function logText(client: HubClient, task: string): Promise<string> {
  const asked = { task, max_bytes: 1_000_000 }
  const { items } = await client.call<{ items: LogChunk[] }>('task_log', asked)
  return items.map(({ data }) => data).join('')
}

/** Waits until the log says that, for the given time. */
const says = (client: HubClient, task: string, text: string, times = 1) =>
  until(async () => (await logText(client, task)).split(text).length > times)

async function killAgent(client: HubClient, task: string): Promise<void> {
  const { items } = await client.call<{ items: Pod[] }>('pod_list', { task })
  for (const { pid, value } of carrying('SWITCHYARD_POD'))
    if (value === items[0]?.id) signalProcess(pid, 'SIGKILL')
}

// Many starts of processes, one after another.
const long = { timeout: 240_000 }

test(
  'two review rounds lead to a merge with the hub killed in each phase: one change, three revisions',
  long,
  async () => {
    const hub = await startProcessHub({ required: 1, autoMerge: true, updateCheckout: true })
    const again = async () => {
      await hub.kill()
      await hub.start()
    }
    const client = hub.client()
    const made = await client.call<{ token: string }>('token_create', {
      ...{ name: 'dora', role: 'developer', orgs: ['default'] },
    })
    const dora = client.withToken(made.token)
    const repo = await makeRepo()
    const { id: task } = await submitRepair(client, repo)
    await says(client, task, 'I look for the sources')
    await again() // While the first attempt works.
    const first = await underReview(client, task, 1)
    const { id: change } = first.change
    await again() // While it waits for a reviewer.
    await dora.call('change_review', {
      ...{ change, verdict: 'request_changes', body: 'Nearly' },
      comments: [{ body: 'Add "- one" to CHANGELOG.md', resolve: 'required' }],
    })
    await again() // With the request recorded, and perhaps not yet acted on.
    await says(client, task, 'I answer #1')
    await again() // While the second attempt works.
    const second = await underReview(client, task, 2)
    await dora.call('change_comment', {
      ...{ change, body: 'Add "- two" to CHANGELOG.md', resolve: 'required' },
    })
    await says(client, task, 'Something is asked for in CHANGELOG.md', 2)
    await killAgent(client, task)
    await again()
    const third = await underReview(client, task, 3)
    expect(third.comments.filter(({ resolve }) => resolve).map(({ state }) => state)).toEqual([
      'addressed',
      'addressed',
    ])
    await dora.call('change_review', { change, verdict: 'accept' })
    await again() // With the approval recorded, and perhaps the merge made.
    await until(async () => (await readTask(client, task)).task.state === 'succeeded')
    const read = await underReviewOnce(client, change)
    expect(read).toMatchObject({
      change: { state: 'merged', revisions: 3, mergedBy: 'controller-review' },
    })
    expect(new Set(read.revisions.map(({ head }) => head)).size).toBe(3)
    expect([first.change.head, second.change.head]).toEqual(
      read.revisions.slice(0, 2).map(({ head }) => head),
    )
    expect(await git(['-C', repo, 'show', 'main:CHANGELOG.md'])).toBe('# Changes\n- one\n- two\n')
    const merges = await git(['-C', repo, 'log', '--format=%H', `--grep=Change: ${change}`, 'main'])
    expect(merges.trim().split('\n')).toEqual([read.change.mergedAs])
  },
)

type Read = { change: { mergedAs?: string }; revisions: { head: string }[] }
const underReviewOnce = (client: HubClient, change: string) =>
  client.call<Read>('change_read', { change, max_bytes: 0 })

test(
  'a model reviews each revision in a task of its own, and its word alone does not go on for ever',
  long,
  async () => {
    const hub = await startProcessHub({
      ...{ bot: true, botModel: 'scripted', botCounts: true, required: 1, autoMerge: true },
      ...{ updateCheckout: true, maxRounds: 1 },
    })
    const client = hub.client()
    const repo = await makeRepo()
    const { id: task } = await client.call<{ id: string }>('task_submit', {
      ...{ template: 'code', repo, model: 'scripted' },
      goal: 'Make the failing test pass, and add "// TODO: tidy" to src/sum.js',
    })
    await until(async () => (await readTask(client, task)).task.state === 'succeeded', 120_000)
    const { items } = await client.call<{ items: { id: string }[] }>('change_list', { task })
    expect(items).toHaveLength(1)
    const read = await client.call<{
      change: { revisions: number }
      comments: { body: string; line?: number; state: string; author: string }[]
      reviews: { revision: number; verdict: string; reviewer: string }[]
    }>('change_read', { change: items[0]!.id })
    expect(read.reviews.map(({ revision, verdict }) => [revision, verdict])).toEqual([
      [1, 'request_changes'],
      [2, 'accept'],
    ])
    expect(read.comments[0]).toMatchObject({
      ...{ body: 'Remove "// TODO: tidy" from src/sum.js', line: 4, state: 'addressed' },
    })
    expect(read.comments[0]?.author).toBe(read.reviews[0]?.reviewer)
    expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toBe(
      'export function sum(a, b) {\n  return a + b\n}\n',
    )
  },
)
