import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditEntry } from '../../../servers/kit/audit.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { commitAs, gitAs, leaseTask, must, textOf } from '../../helpers/git-client.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

test('a task is fetched, pushed and taken over HTTP, and ends in the same change', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo()
  const { task, agent, token, space } = await leaseTask(hub.client, repo)
  const tree = join(makeFolder('clone'), 'tree')
  await must(gitAs(token, ['clone', '--quiet', `${hub.url}/git/${task}`, tree]))
  expect(await must(gitAs(token, ['-C', tree, 'branch', '--show-current']))).toBe(
    `${space.branch}\n`,
  )
  writeFiles(tree, { 'src/sum.js': 'export const sum = (a, b) => a + b\n' })
  const head = await commitAs('tester', tree, 'add')
  await must(gitAs(token, ['-C', tree, 'push', '--quiet', 'origin', 'HEAD']))
  const taken = { head, committed: true }
  expect(await agent.call('commit_create', { task, head })).toEqual(taken)
  expect(await agent.call('commit_create', { task, head })).toEqual({ head, committed: false })
  expect((await git(['-C', space.path, 'rev-parse', 'HEAD'])).trim()).toBe(head)
  expect(await git(['-C', space.path, 'status', '--porcelain'])).toBe('')
  const change = await agent.call<{ head: string }>('change_open', { task, title: 'add' })
  expect(change.head).toBe(head)
  const { items } = await hub.call<{ items: AuditEntry[] }>('audit_list', { tool: 'git_push' })
  expect(items.map(({ outcome, subject, principal }) => [outcome, subject, principal])).toEqual([
    ['ok', task, 'tester'],
  ])
})

test('only the branch of the task and its target are there, whatever hash is asked for', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo()
  await git(['-C', repo, 'checkout', '--quiet', '-b', 'secret'])
  writeFiles(repo, { 'secret.txt': 'not for this task\n' })
  const secret = await commitAll(repo, 'secret')
  await git(['-C', repo, 'checkout', '--quiet', 'main'])
  const { task, token, space } = await leaseTask(hub.client, repo)
  const later = await commitAll(repo, 'later')
  const url = `${hub.url}/git/${task}`
  const shown = await must(gitAs(token, ['ls-remote', url]))
  const names = shown
    .trim()
    .split('\n')
    .map((line) => line.split('\t')[1])
  expect(names).toEqual([
    ...['HEAD', 'refs/heads/main', `refs/heads/${space.branch}`],
    ...['refs/switchyard/base', 'refs/switchyard/taken'],
  ])
  const tree = join(makeFolder('clone'), 'tree')
  await must(gitAs(token, ['clone', '--quiet', url, tree]))
  for (const version of ['0', '1', '2']) {
    const asked = ['-c', `protocol.version=${version}`, '-C', tree, 'fetch', 'origin', secret]
    const refused = await gitAs(token, asked)
    expect(refused.exitCode).not.toBe(0)
    expect((await gitAs(token, ['-C', tree, 'cat-file', '-e', secret])).exitCode).not.toBe(0)
  }
  // Nor by pushing a commit that claims it as its parent, without sending it.
  const ref = `refs/heads/${space.branch}`
  const own = await must(gitAs('', ['-C', tree, 'cat-file', 'commit', 'HEAD']))
  const pushChildOf = async (parent: string) => {
    const forged = own.replace(/^tree .*$/m, `$&\nparent ${space.base}\nparent ${parent}`)
    const made = ['-C', tree, 'hash-object', '-w', '--literally', '-t', 'commit', '--stdin']
    const commit = (await must(gitAs('', made, { input: forged }))).trim()
    const packed = ['-C', tree, 'pack-objects', '--stdout', '--quiet']
    const { stdout: pack } = await gitAs('', packed, { input: `${commit}\n` })
    const line = `${space.base} ${commit} ${ref}\0 report-status`
    const length = (line.length + 4).toString(16).padStart(4, '0')
    const answer = await fetch(`${url}/git-receive-pack`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-git-receive-pack-request',
      },
      body: Buffer.concat([Buffer.from(`${length}${line}0000`), pack]),
    })
    return answer.text()
  }
  expect(await pushChildOf(secret)).toContain(`ng ${ref} unpacker error`)
  expect(await must(gitAs(token, ['ls-remote', url, ref]))).toContain(space.base)
  const rows = { tool: 'git_push', outcome: 'failed' }
  expect((await hub.call<{ items: unknown[] }>('audit_list', rows)).items).toHaveLength(1)
  // The target moved on, and its commits may be built upon.
  expect(await pushChildOf(later)).toContain(`ok ${ref}`)
})

test('a push moves the branch of the task alone, forwards, by the holder of the lease alone', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo()
  const { task, token, space, agent, fence } = await leaseTask(hub.client, repo)
  const other = await leaseTask(hub.client, repo, 'other')
  const url = `${hub.url}/git/${task}`
  const tree = join(makeFolder('clone'), 'tree')
  await must(gitAs(token, ['clone', '--quiet', url, tree]))
  writeFiles(tree, { 'a.txt': 'a\n' })
  const first = await commitAs('tester', tree, 'first')
  const push = async (who: string, ...args: string[]) => {
    const result = await gitAs(who, ['-C', tree, 'push', url, ...args])
    return { ok: result.exitCode === 0, text: textOf(result) }
  }
  expect(await push(token, 'HEAD')).toMatchObject({ ok: true })
  for (const ref of ['refs/heads/main', 'refs/heads/new', 'refs/tags/v1', 'refs/switchyard/base'])
    expect(await push(token, `+HEAD:${ref}`)).toMatchObject({
      ok: false,
      text: expect.stringContaining('hidden ref') as string,
    })
  expect(await push(token, `:refs/heads/${space.branch}`)).toMatchObject({ ok: false })
  expect(await push(token, `+${space.base}:refs/heads/${space.branch}`)).toMatchObject({
    ok: false,
    text: expect.stringContaining('non-fast-forward') as string,
  })
  writeFiles(tree, { 'b.txt': 'b\n' })
  await commitAs('tester', tree, 'second')
  const viewer = await hub.client.call<{ token: string }>('token_create', {
    ...{ name: 'vera', role: 'viewer', orgs: ['default'] },
  })
  const stranger = await hub.client.call<{ token: string }>('token_create', {
    ...{ name: 'sam', role: 'developer', orgs: ['elsewhere'] },
  })
  const reads = async (who: string) => (await gitAs(who, ['ls-remote', url])).exitCode === 0
  expect(await reads(viewer.token)).toBe(true)
  expect(await reads(hub.token)).toBe(true)
  expect(await reads(stranger.token)).toBe(false)
  expect(await reads(other.token)).toBe(false)
  expect(await reads('a-token-that-nobody-ever-had')).toBe(false)
  for (const who of [viewer.token, hub.token, stranger.token, other.token]) {
    const { ok, text } = await push(who, 'HEAD')
    expect(ok).toBe(false)
    expect(text).toMatch(/403|404|remote: .*(may not|no repository|is for)/)
  }
  expect(await hub.call('audit_list', { tool: 'git_push', outcome: 'denied' })).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ principal: 'owner' })]) as unknown,
  })
  const [head] = (await must(gitAs(token, ['ls-remote', url, space.branch]))).split('\t')
  expect(head).toBe(first)
  await agent.call('task_report', {
    task,
    fence,
    outcome: 'failed',
    retryable: false,
    failure: { code: 'x', message: 'x' },
  })
  expect(await reads(token)).toBe(false)
  expect(await push(token, 'HEAD')).toMatchObject({ ok: false })
})

test('a commit is taken where it descends from the base and says who made it', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo()
  const { task, token, space, agent } = await leaseTask(hub.client, repo)
  const tree = join(makeFolder('clone'), 'tree')
  await must(gitAs(token, ['clone', '--quiet', `${hub.url}/git/${task}`, tree]))
  const absent = 'a'.repeat(40)
  expect(await failure(agent.call('commit_create', { task, head: absent }))).toMatchObject({
    code: 'not_found',
    message: `commit ${absent} was not pushed for ${task}`,
  })
  writeFiles(tree, { 'a.txt': 'a\n' })
  const forged = await commitAs('linus', tree, 'forged')
  await must(gitAs(token, ['-C', tree, 'push', '--quiet', 'origin', 'HEAD']))
  const refused = await failure(agent.call('commit_create', { task, head: forged }))
  expect(refused).toMatchObject({ code: 'invalid' })
  expect(refused.message).toContain(`${forged} says that linus@switchyard.local made it`)
  expect(await failure(agent.call('commit_create', { task }))).toMatchObject({ code: 'invalid' })
  const both = { task, head: forged, message: 'x' }
  expect(await failure(agent.call('commit_create', both))).toMatchObject({ code: 'invalid' })
  expect((await git(['-C', space.path, 'rev-parse', 'HEAD'])).trim()).toBe(space.base)
})

test('what a worktree had uncommitted is kept under a ref when a pushed commit takes its place', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const repo = await makeRepo()
  const { task, token, space, agent } = await leaseTask(hub.client, repo)
  const tree = join(makeFolder('clone'), 'tree')
  await must(gitAs(token, ['clone', '--quiet', `${hub.url}/git/${task}`, tree]))
  writeFiles(tree, { 'a.txt': 'pushed\n' })
  const head = await commitAs('tester', tree, 'pushed')
  await must(gitAs(token, ['-C', tree, 'push', '--quiet', 'origin', 'HEAD']))
  writeFiles(space.path, { 'a.txt': 'uncommitted\n', 'left.txt': 'left\n' })
  await agent.call('commit_create', { task, head })
  expect(await git(['-C', space.path, 'status', '--porcelain'])).toBe('')
  const listed = await git([
    '-C',
    space.path,
    'for-each-ref',
    '--format=%(refname)',
    'refs/switchyard/left',
  ])
  const [ref = ''] = listed.trim().split('\n')
  expect(await git(['-C', space.path, 'show', `${ref}:a.txt`, `${ref}:left.txt`])).toBe(
    'uncommitted\nleft\n',
  )
})
