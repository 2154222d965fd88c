import { expect, test } from 'vitest'
import type { Task } from '../../../schemas/task.ts'
import { git, gitRaw } from '../../../servers/kit/git.ts'
import { openChange } from '../../helpers/changes.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

test('a task that starts from what its repository does not have is refused when it is submitted', async () => {
  const repo = await makeRepo()
  const hub = await startHub()
  await git(['-C', repo, 'tag', 'v1.0.0'])
  const head = (await git(['-C', repo, 'rev-parse', 'HEAD'])).trim()
  const submit = (more: object) =>
    hub.call<Task>('task_submit', { template: 'ci', repo, ...more }).then(({ state }) => state)
  for (const [more, ref, hint] of [
    [{ ref: 'mian' }, 'mian', 'Did you mean main?'],
    [{ ref: 'v1.0.1' }, 'v1.0.1', 'Did you mean v1.0.0?'],
    [{ params: { ref: 'elsewhere' } }, 'elsewhere', 'It has no remote'],
    [{ ref: '0'.repeat(40) }, '0'.repeat(40), 'It has no remote'],
    [{ template: 'code', goal: 'Mend it', model: 'scripted', ref: 'none' }, 'none', 'It has no'],
  ] as const) {
    const error = await failure(submit(more))
    expect(error).toMatchObject({
      code: 'not_found',
      message: `${repo} has no branch, tag or commit "${ref}"`,
    })
    expect(error.hint).toContain(hint)
  }
  for (const ref of ['main', 'v1.0.0', head, head.slice(0, 10)])
    expect(await submit({ ref }), ref).toBe('queued')
  // As the run reads it: what the user has checked out, and a branch by its whole name.
  await openChange(hub, repo) // Makes the hub's own copy.
  const { items } = await hub.call<{ items: object[] }>('repo_log', { repo, ref: 'main' })
  for (const ref of ['HEAD', '@', 'refs/heads/main', 'heads/main']) {
    expect(await submit({ ref }), ref).toBe('queued')
    expect(await hub.call('repo_log', { repo, ref }), ref).toMatchObject({ items })
  }
})

test('what may still be fetched, or is made by an earlier step of a plan, is waited for', async () => {
  const repo = await makeRepo()
  const hub = await startHub()
  const checks = { template: 'ci', ref: 'later' }
  const steps = [
    { name: 'make', template: 'command', command: 'git branch later' },
    { name: 'check', needs: ['make'], ...checks },
  ]
  expect(await hub.call('plan_create', { repo, steps })).toMatchObject({ state: 'running' })
  await git(['-C', repo, 'remote', 'add', 'origin', 'https://git.example.org/thing'])
  expect(await hub.call('task_submit', { repo, ...checks })).toMatchObject({ state: 'queued' })
})

test("a commit that only the hub's own copy has will do", async () => {
  const repo = await makeRepo()
  const hub = await startHub()
  await hub.call('task_submit', { template: 'ci', repo })
  const { branch, head } = await openChange(hub, repo)
  // As the local provider shows it to people; the hub keeps its own.
  await git(['-C', repo, 'update-ref', '-d', `refs/heads/${branch}`])
  await git(['-C', repo, 'reflog', 'expire', '--expire=now', '--all'])
  await git(['-C', repo, 'gc', '--quiet', '--prune=now'])
  expect((await gitRaw(['-C', repo, 'cat-file', '-e', head])).exitCode).not.toBe(0)
  for (const ref of [branch, head])
    expect(await hub.call('task_submit', { template: 'ci', repo, ref })).toMatchObject({
      state: 'queued',
    })
})
