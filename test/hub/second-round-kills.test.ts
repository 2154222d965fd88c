import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { HubClient } from '../../agent/hub-client.ts'
import { git } from '../../servers/kit/git.ts'
import { makeFolder } from '../helpers/folder.ts'
import { until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import type { Discussed } from '../helpers/review.ts'
import { readTask, submitRepair, underReview, writePolicy } from '../helpers/review.ts'

/** What the store says of a change, seen from outside while the hub writes it. */
type Seen = {
  /** How many events of a kind there are of the change or its task. */
  events(kind: string, saying?: string): number
  /** How many calls of a tool the task's agents made. */
  calls(tool: string): number
}

/** The moments of the second round at which the hub is killed, in their order. */
const steps: [string, (seen: Seen) => boolean][] = [
  ['the first request is recorded', ({ events }) => events('change.reviewed') > 0],
  ['the second attempt is queued', ({ events }) => events('task.queued') > 1],
  ['it is leased', ({ events }) => events('task.leased') > 1],
  ['it has committed', ({ calls }) => calls('commit_create') > 1],
  ['revision 2 is proposed', ({ events }) => events('change.revised') > 0],
  ['its checks are kept', ({ calls }) => calls('artifact_create') > 2],
  ['it has reported', ({ events }) => events('task.in_review') > 1],
  ['a remark of round two is recorded', ({ events }) => events('change.commented') > 0],
  [
    'a request of round two is recorded',
    ({ events }) => events('change.reviewed', '"revision":2') > 0,
  ],
  ['the third attempt is leased', ({ events }) => events('task.leased') > 2],
  ['revision 3 is proposed', ({ events }) => events('change.revised') > 1],
  ['it has reported again', ({ events }) => events('task.in_review') > 2],
  ['its approval is recorded', ({ events }) => events('change.reviewed', '"verdict":"accept"') > 0],
  ['it is merged', ({ events }) => events('change.merged') > 0],
  ['its task has succeeded', ({ events }) => events('task.succeeded') > 0],
]

function look(data: string, task: string): Seen & Disposable {
  const store = new Database(join(data, 'switchyard.db'), { readonly: true })
  const events = store
    .prepare(
      "SELECT count(*) FROM events WHERE kind = ? AND task = ? AND data LIKE '%' || ? || '%'",
    )
    .pluck()
  const calls = store
    .prepare(
      "SELECT count(*) FROM audit WHERE tool = ? AND principal LIKE 'agent-%' AND outcome = 'ok'",
    )
    .pluck()
  return {
    events: (kind, saying = '') => Number(events.get(kind, task, saying)),
    calls: (tool) => Number(calls.get(tool)),
    [Symbol.dispose]: () => void store.close(),
  }
}

/** Kills the hub each time that a step is seen, until `isOver`; what was not seen in time is named. */
async function killAtEach(hub: ProcessHub, seen: Seen, isOver: () => boolean): Promise<string[]> {
  const left = [...steps]
  const reached: string[] = []
  while (left.length > 0 && !isOver()) {
    const [step, isSeen] = left[0]!
    if (isSeen(seen)) {
      left.shift()
      reached.push(step)
      await hub.kill()
      await hub.start()
    } else await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return reached
}

/** Half a dozen starts of the hub and of agents lie between two revisions. */
const patienceMs = 300_000

const read = (client: HubClient, change: string) =>
  client.call<Discussed>('change_read', { change, max_bytes: 0 })

/** Says it once, however often the hub dies under the call: what is on record is not said again. */
async function say(
  client: HubClient,
  change: string,
  is: (now: Discussed) => boolean,
  call: [string, object],
): Promise<void> {
  await until(async () => {
    if (is(await read(client, change))) return true
    const [tool, args] = call
    // An answer that a kill cut off says nothing of what was done.
    await client.call(tool, { change, ...args }).catch(() => undefined)
    return is(await read(client, change))
  }, 120_000)
}

// Fifteen kills, each with a start of the hub, under attempts that go on.
test(
  'with the hub killed at each step of the second round there is one change, with the right revisions',
  { timeout: 900_000 },
  async () => {
    const data = makeFolder()
    writePolicy(data, { required: 1, autoMerge: true, updateCheckout: true })
    const hub = new ProcessHub(data, ['--lease-ms', '3000', '--log-level', 'silent'])
    onTestFinished(async () => void (await hub.stop()))
    await hub.start()
    const client = hub.client(120_000)
    const made = await client.call<{ token: string }>('token_create', {
      ...{ name: 'dora', role: 'developer', orgs: ['default'] },
    })
    const dora = client.withToken(made.token)
    const repo = await makeRepo()
    const { id: task } = await submitRepair(client, repo)
    const { change: first } = await underReview(client, task, 1)
    const change = first.id
    using seen = look(data, task)
    let isOver = false
    const killing = killAtEach(hub, seen, () => isOver)
    try {
      const asks = (number: number) => ({
        ...{ verdict: 'request_changes', body: 'Nearly', revision: number },
        comments: [{ body: `Add "- ${number}" to CHANGELOG.md`, resolve: 'required' }],
      })
      // A call whose answer was cut off is sent again, so what people said may stand there twice.
      const reviewed = (of: number, as: string) => (now: Discussed) =>
        now.reviews.some(({ revision, verdict }) => revision === of && verdict === as)
      await say(dora, change, reviewed(1, 'request_changes'), ['change_review', asks(1)])
      const second = await underReview(client, task, 2, patienceMs)
      await say(dora, change, ({ comments }) => comments.some(({ body }) => body === 'Hm.'), [
        ...(['change_comment', { body: 'Hm.' }] as const),
      ])
      await say(dora, change, reviewed(2, 'request_changes'), ['change_review', asks(2)])
      const third = await underReview(client, task, 3, patienceMs)
      await say(dora, change, reviewed(3, 'accept'), [
        'change_review',
        { verdict: 'accept', revision: 3 },
      ])
      await until(async () => (await readTask(client, task)).task.state === 'succeeded', 120_000)
      const reached = await Promise.race([
        killing,
        new Promise<string[]>((resolve) => setTimeout(resolve, 60_000, [])),
      ])
      expect(reached).toEqual(steps.map(([step]) => step))
      const now = await read(client, change)
      expect(now.change).toMatchObject({ state: 'merged', revisions: 3, task })
      expect(now.revisions.map(({ head }) => head)).toEqual([
        ...[first.head, second.change.head, third.change.head],
      ])
      expect(
        now.revisions.every(({ checks }) => checks.every(({ state }) => state === 'passed')),
      ).toBe(true)
      const asked = now.comments.filter(({ resolve }) => resolve === 'required')
      expect(asked.length).toBeGreaterThan(1)
      expect(asked.every(({ state }) => state === 'addressed')).toBe(true)
      const log = await git(['-C', repo, 'show', 'main:CHANGELOG.md'])
      expect(log).toMatch(/^# Changes\n(- 1\n)+(- 2\n)+$/)
      const merges = await git([
        '-C',
        repo,
        'log',
        '--format=%H',
        `--grep=Change: ${change}`,
        'main',
      ])
      expect(merges.trim().split('\n')).toEqual([now.change.mergedAs])
      const { items } = await client.call<{ items: object[] }>('change_list', {})
      expect(items).toHaveLength(1)
      expect(await client.call('audit_verify')).toMatchObject({ intact: true })
    } finally {
      isOver = true
      await killing
    }
  },
)
