import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import { failure, startHub } from '../helpers/hub.ts'
import type { TestHub } from '../helpers/hub.ts'
import { makeRepo, writeFiles } from '../helpers/repo.ts'
import { makeSpecProject } from '../helpers/spec-project.ts'
import { startVault } from '../helpers/vault.ts'

type Page = { items: object[]; next?: string }

/** All items of a list, two at a time. */
async function walk(hub: TestHub, tool: string, args: object = {}): Promise<object[]> {
  const found: object[] = []
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const page = await hub.call<Page>(tool, { ...args, limit: 2, ...(cursor ? { cursor } : {}) })
    expect(page.items.length).toBeLessThanOrEqual(2)
    found.push(...page.items)
    if (page.next === undefined) return found
    cursor = page.next
  }
  throw new Error(`${tool} has no end`)
}

async function expectWalk(hub: TestHub, tool: string, args: object, count: number): Promise<void> {
  const { items } = await hub.call<Page>(tool, { ...args })
  expect(items, tool).toHaveLength(count)
  expect(await walk(hub, tool, args), tool).toEqual(items)
  if (tool === 'token_list') return // Its cursor is an order among ids, of which none need be there.
  const cursor = Buffer.from('gone').toString('base64url')
  expect(await failure(hub.call(tool, { ...args, cursor }))).toMatchObject({ code: 'conflict' })
}

test('repositories, credentials, artifacts and tasks of a feature are listed page by page', async () => {
  const hub = await startHub()
  const { feature, repo } = await makeSpecProject(hub)
  for (const name of ['one', 'two', 'three'])
    await hub.call('branch_create', { repo: await makeRepo(), branch: name })
  for (const name of ['ada', 'bob', 'eve']) await hub.as(name, 'viewer')
  const submitted = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const task = submitted.id
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker' })
  const { fence } = lease
  const agent = hub.client.withToken(lease.token)
  for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt'])
    await agent.call('artifact_create', { task, fence, name, data: name })
  await expectWalk(hub, 'repo_list', {}, 4)
  await expectWalk(hub, 'artifact_list', { task }, 5)
  await expectWalk(hub, 'spec_task_list', { repo, feature }, 6)
  const credentials = await hub.call<Page>('token_list')
  expect(credentials.items.length).toBeGreaterThanOrEqual(3)
  await expectWalk(hub, 'token_list', {}, credentials.items.length)
})

test('query sets are listed page by page', async () => {
  const base = 'views:\n  - type: table\n    name: All\n'
  const hub = await startVault({ 'a.base': base, 'b.base': base, 'c.base': base, 'd e.base': base })
  await expectWalk(hub, 'queryset_list', {}, 4)
})

test('a page after one that is gone is refused, and says how to start over', async () => {
  const hub = await startHub()
  const { feature, repo } = await makeSpecProject(hub)
  const { next } = await hub.call<Page>('spec_task_list', { repo, feature, limit: 1 })
  writeFiles(repo, { 'specs/001-login/tasks.md': '# Tasks\n\n- [ ] T100 Other\n' })
  expect(await failure(hub.call('spec_task_list', { repo, feature, cursor: next }))).toMatchObject({
    code: 'conflict',
    hint: 'Leave `cursor` out to start over.',
  })
})
