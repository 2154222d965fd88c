import { existsSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import type { HubClient } from '../../../agent/hub-client.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { RemoteAgent } from '../../helpers/remote-agent.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'
import { readTask, submitRepair, underReview, writePolicy } from '../../helpers/review.ts'

async function startHub(): Promise<{ hub: ProcessHub; client: HubClient; repo: string }> {
  const data = makeFolder()
  writePolicy(data, { required: 1, updateCheckout: true })
  const hub = new ProcessHub(data, ['--dispatch', 'off', '--lease-ms', '3000'])
  onTestFinished(async () => {
    await hub.stop()
  })
  await hub.start()
  return { hub, client: hub.client(), repo: await makeRepo() }
}

const logText = async (client: HubClient, task: string): Promise<string> => {
  const asked = { task, max_bytes: 1_000_000 }
  const { items } = await client.call<{ items: { data: string }[] }>('task_log', asked)
  return items.map(({ data }) => data).join('')
}

test('an agent on another machine takes a task to a merged change, by two rounds and a conflict', async () => {
  const { hub, client, repo } = await startHub()
  const { token } = await client.call<{ token: string }>('token_create', {
    ...{ name: 'far', role: 'worker', orgs: ['default'] },
  })
  const dora = client.withToken(
    (
      await client.call<{ token: string }>('token_create', {
        ...{ name: 'dora', role: 'developer', orgs: ['default'] },
      })
    ).token,
  )
  const agent = new RemoteAgent({ url: hub.url, token })
  agent.start()
  const { id: task } = await submitRepair(client, repo)
  const first = await underReview(client, task, 1)
  expect(await logText(client, task)).toContain('clone of')
  expect(agent.hasTree(task)).toBe(true)
  expect((await git(['-C', agent.tree(task), 'rev-parse', 'HEAD'])).trim()).toBe(first.change.head)
  const config = await git(['-C', agent.tree(task), 'config', '--list', '--local'])
  expect(config).not.toMatch(/Bearer|extraheader/i)
  await dora.call('change_review', {
    ...{ change: first.change.id, verdict: 'request_changes', body: 'Nearly' },
    comments: [{ body: 'Add "- one" to CHANGELOG.md', resolve: 'required' }],
  })
  const second = await underReview(client, task, 2)
  expect(second.comments.find(({ resolve }) => resolve)?.state).toBe('addressed')
  writeFiles(repo, { 'CHANGELOG.md': '# Changes\n- other\n' })
  await commitAll(repo, 'other')
  await dora.call('change_review', { change: first.change.id, verdict: 'accept' })
  await dora.call('change_merge', {
    ...{ change: first.change.id, expect_head: second.change.head },
    ...{ resolve: true, update_checkout: true },
  })
  const third = await underReview(client, task, 3)
  expect(await logText(client, task)).toContain('main is merged in, with conflicts in CHANGELOG.md')
  await dora.call('change_review', { change: third.change.id, verdict: 'accept' })
  await dora.call('change_merge', {
    ...{ change: third.change.id, expect_head: third.change.head, update_checkout: true },
  })
  await until(async () => (await readTask(client, task)).task.state === 'succeeded')
  // The clone of a task that is over goes when the next one was worked on.
  const next = await client.call<{ id: string }>('task_submit', { template: 'ci', repo })
  await until(async () => (await readTask(client, next.id)).task.state === 'succeeded')
  await until(() => !agent.hasTree(task))
  expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toContain('a + b')
  expect(await git(['-C', repo, 'show', 'main:CHANGELOG.md'])).toMatch(/- one/)
  const authors = await git([
    '-C',
    repo,
    'log',
    '--format=%an',
    '--no-merges',
    `main~1..${third.change.head}`,
  ])
  expect(authors).toMatch(/^worker-/m)
  expect(await client.call('audit_verify')).toMatchObject({ intact: true })
})

const bwrap = ['/usr/bin/bwrap', '/usr/local/bin/bwrap'].find((path) => existsSync(path))

test.skipIf(bwrap === undefined)(
  'an agent that cannot see the folder of the hub clones by itself',
  async () => {
    const { hub, client, repo } = await startHub()
    const agent = new RemoteAgent({ url: hub.url, token: hub.token })
    const hides = [hub.data, repo].flatMap((path) => ['--tmpfs', path])
    agent.start({ prefix: [bwrap ?? '', '--dev-bind', '/', '/', ...hides], args: [] })
    const { id: task } = await submitRepair(client, repo)
    const { change } = await underReview(client, task, 1)
    expect(await git(['-C', repo, 'show', `${change.head}:src/sum.js`])).toContain('a + b')
    expect(await logText(client, task)).toContain('clone of')
  },
)
