import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Change } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import type { Task } from '../../../schemas/task.ts'
import { git } from '../../../servers/kit/git.ts'
import { openChange } from '../../helpers/changes.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

const task = 'task-one'
const none = 'change-none'

test('a role without the scope is refused by every tool', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const { id: change, head } = await openChange(hub, repo)
  const viewer = await hub.as('vera', 'viewer')
  const worker = await hub.as('walt', 'worker')
  const { invitation } = await hub.call<{ invitation: string }>('peer_invite')
  const guest = hub.client.withToken(invitation.split('#peer.')[1] ?? '')
  const refused: [typeof viewer, string, Record<string, unknown>][] = [
    [guest, 'repo_list', {}],
    [guest, 'repo_read', { repo }],
    [guest, 'repo_log', { repo }],
    [guest, 'repo_diff', { repo, from: 'main', to: 'main' }],
    [guest, 'change_list', {}],
    [guest, 'change_read', { change }],
    [viewer, 'branch_create', { repo, branch: 'mine' }],
    [viewer, 'commit_create', { task, message: 'mine' }],
    [viewer, 'branch_push', { task }],
    [viewer, 'change_open', { task, title: 'mine' }],
    [viewer, 'change_comment', { change, body: 'mine' }],
    [viewer, 'change_review', { change, verdict: 'accept' }],
    [worker, 'change_merge', { change, expect_head: head }],
    [worker, 'change_close', { change }],
    [hub.client, 'workspace_remove', { task }],
  ]
  for (const [client, tool, args] of refused) {
    expect(await failure(client.call(tool, args)), tool).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(`may not call ${tool}: it needs the scope`) as string,
    })
  }
  expect(await viewer.call('change_read', { change })).toMatchObject({ change: { state: 'open' } })
})

test('what is not there or not well formed is refused with its code', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const { id: change } = await openChange(hub, repo)
  const missing: [string, Record<string, unknown>, string][] = [
    ['repo_list', { org: 'no org' }, 'invalid'],
    ['repo_read', { repo: 'repo-none' }, 'not_found'],
    ['repo_log', { repo, ref: 'none' }, 'not_found'],
    ['repo_diff', { repo, from: 'main', to: 'none' }, 'not_found'],
    ['branch_create', { repo }, 'invalid'],
    ['commit_create', { task: 'task-none', message: 'x' }, 'not_found'],
    ['branch_push', { task: 'task-none' }, 'not_found'],
    ['change_open', { task: 'task-none', title: 'x' }, 'not_found'],
    ['change_list', { cursor: '#' }, 'invalid'],
    ['change_read', { change: none }, 'not_found'],
    ['change_read', { change, revision: 2 }, 'not_found'],
    ['change_comment', { change, body: 'x', revision: 2 }, 'not_found'],
    ['change_review', { change, verdict: 'request_changes' }, 'invalid'],
    ['change_merge', { change: none, expect_head: '0'.repeat(40) }, 'not_found'],
    ['change_close', { change: none }, 'not_found'],
  ]
  for (const [tool, args, code] of missing) {
    expect(await failure(hub.call(tool, args)), `${tool} ${JSON.stringify(args)}`).toMatchObject({
      code,
    })
  }
})

test('a plain branch is made once, is on record, and is not moved', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const made = await hub.call<{ base: string }>('branch_create', { repo, branch: 'plain' })
  expect(await hub.call('branch_create', { repo, branch: 'plain' })).toEqual(made)
  expect(await git(['-C', repo, 'rev-parse', 'plain'])).toBe(`${made.base}\n`)
  const [known] = (await hub.call<{ items: { id: string }[] }>('repo_list')).items
  const { items } = await hub.call<{ items: { tool: string; subject: string }[] }>('audit_list')
  const recorded = items.filter(({ tool }) => tool === 'branch_create')
  // One for the repository that became known, one for each of the two calls.
  expect(recorded.map(({ subject }) => subject)).toEqual([known?.id, known?.id, known?.id])
  await commitAll(repo, 'more')
  expect(await failure(hub.call('branch_create', { repo, branch: 'plain' }))).toMatchObject({
    code: 'conflict',
  })
  expect(await git(['-C', repo, 'rev-parse', 'plain'])).toBe(`${made.base}\n`)
})

test('branch_push makes the work appear in the repository, unless its branch is checked out there', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  writeFiles(space.path, { 'one.txt': 'one\n' })
  const { head } = await hub.call<{ head: string }>('commit_create', { task, message: 'One' })
  const pushed = { branch: space.branch, head }
  expect(await hub.call('branch_push', { task })).toEqual(pushed)
  expect(await hub.call('branch_push', { task })).toEqual(pushed)
  expect(await git(['-C', repo, 'show', `${space.branch}:one.txt`])).toBe('one\n')
  expect((await git(['-C', repo, 'branch', '--show-current'])).trim()).toBe('main')
  await git(['-C', repo, 'checkout', '--quiet', space.branch])
  writeFiles(space.path, { 'one.txt': 'two\n' })
  await hub.call('commit_create', { task, message: 'Two' })
  expect(await failure(hub.call('branch_push', { task }))).toMatchObject({
    code: 'conflict',
    message: `branch ${space.branch} is checked out in ${repo}, so it was left alone`,
  })
  expect(readFileSync(join(repo, 'one.txt'), 'utf8')).toBe('one\n')
})

test('change_close turns an open change down, and no other', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const [one, two] = [await openChange(hub, repo), await openChange(hub, repo, 'task-two')]
  const closed = await hub.call<Change>('change_close', { change: one.id, reason: 'no need' })
  expect(closed).toMatchObject({ id: one.id, state: 'closed' })
  const { items } = await hub.call<{ items: object[] }>('event_list', { task, after: 0 })
  expect(items).toContainEqual(
    expect.objectContaining({
      kind: 'change.closed',
      data: { change: one.id, reason: 'no need' },
    }),
  )
  const listed = await hub.call<{ items: Change[] }>('change_list', { state: 'open' })
  expect(listed.items.map(({ id }) => id)).toEqual([two.id])
  const merge = { change: two.id, expect_head: two.head, update_checkout: true }
  await hub.call('change_merge', merge)
  expect(await failure(hub.call('change_close', { change: two.id }))).toMatchObject({
    code: 'conflict',
    message: `change ${two.id} is merged`,
    details: { state: 'merged' },
  })
})

test('repo_list, repo_read, repo_log and repo_diff show what is in a repository', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const from = (await git(['-C', repo, 'rev-parse', 'HEAD'])).trim()
  await hub.call('branch_create', { repo, branch: 'side' })
  writeFiles(repo, { 'one.txt': 'one\n' })
  const to = await commitAll(repo, 'one')
  const { items } = await hub.call<{ items: { id: string; path: string }[] }>('repo_list')
  expect(items).toMatchObject([{ path: repo, provider: 'local', defaultBranch: 'main' }])
  const id = items[0]?.id
  expect(await hub.call('repo_read', { repo: id })).toMatchObject({
    branches: expect.arrayContaining([
      expect.objectContaining({ name: 'main', head: to }),
      expect.objectContaining({ name: 'side', head: from }),
    ]) as unknown,
  })
  expect(await hub.call('repo_log', { repo: id, limit: 1 })).toMatchObject({
    items: [{ hash: to, subject: 'one' }],
  })
  const { diff } = await hub.call<{ diff: string }>('repo_diff', { repo: id, from, to })
  expect(diff).toContain('+one')
})

test('the folder of a task that is over is removed, and its branch stays', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const { id } = await hub.call<Task>('task_submit', { template: 'ci', repo })
  const space = await hub.call<Workspace>('branch_create', { repo, task: id })
  await hub.call('branch_push', { task: id })
  await hub.call('task_cancel', { task: id })
  await until(() => !existsSync(space.path))
  expect(await git(['-C', repo, 'rev-parse', space.branch])).toBe(`${space.base}\n`)
})

test('only an owner brings a repository into an org, by branch_create as by task_submit', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('branch_create', { repo, branch: 'mine' }))).toMatchObject({
    code: 'denied',
    message: `dora may not bring ${repo} into the org default`,
  })
  await hub.call('branch_create', { repo, branch: 'known' })
  expect(await dora.call('branch_create', { repo, branch: 'mine' })).toMatchObject({
    branch: 'mine',
  })
})

test('an agent sees the repository and change of its own task, and gives no verdict on it', async () => {
  const hub = await startHub()
  const [own, other] = [await makeRepo(), await makeRepo()]
  const { id } = await hub.call<Task>('task_submit', { template: 'ci', repo: own })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  const { id: foreign } = await openChange(hub, other)
  const { id: change } = await openChange(hub, own, id)
  const agent = hub.client.withToken(lease.token)
  const repositories = await agent.call<{ items: { path: string }[] }>('repo_list')
  expect(repositories.items.map(({ path }) => path)).toEqual([own])
  const changes = await agent.call<{ items: Change[] }>('change_list')
  expect(changes.items.map((item) => item.id)).toEqual([change])
  expect(await failure(agent.call('change_read', { change: foreign }))).toMatchObject({
    code: 'not_found',
  })
  await agent.call('change_comment', { change, body: 'done' })
  expect(await failure(agent.call('change_review', { change, verdict: 'accept' }))).toMatchObject({
    code: 'denied',
    message: 'an agent does not review the change of its own task',
  })
})

test('changes of an older store know how many revisions they have', () => {
  const folder = join(import.meta.dirname, '../../../servers/kit/migrations')
  const apply = (db: Database.Database, wanted: (name: string) => boolean) => {
    for (const name of readdirSync(folder).filter(wanted).sort())
      db.exec(readFileSync(join(folder, name), 'utf8'))
  }
  const db = new Database(':memory:')
  apply(db, (name) => name < '013')
  db.exec(`INSERT INTO repositories VALUES ('r', 'default', '/r', 'main', 'local', 1);
    INSERT INTO changes VALUES ('c', 'default', 'r', 't', '', '', 'b', 'main', 'open', 'h', 'a', NULL, NULL, 1, 1);
    INSERT INTO revisions VALUES ('c', 1, 'g', 'b', '', '[]', 1, 1, 1, 1), ('c', 2, 'h', 'b', '', '[]', 1, 1, 1, 1);`)
  apply(db, (name) => name.startsWith('013'))
  expect(db.prepare('SELECT revisions, handle FROM changes').get()).toEqual({
    revisions: 2,
    handle: null,
  })
})
