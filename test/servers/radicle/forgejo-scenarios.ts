import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change, ChangeComment, ChangeReview } from '../../../schemas/change.ts'
import type { Repository, Workspace } from '../../../schemas/repo.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { Forge } from '../../helpers/forgejo/forge.ts'
import { askAsOwner, makeForgeRepository, tokenEnv } from '../../helpers/forgejo/forge.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { git } from '../../../servers/kit/git.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { writeFiles } from '../../helpers/repo.ts'

type Read = { change: Change; comments: ChangeComment[]; reviews: ChangeReview[] }

/** What holds with a forge beyond the contract of providers, be it the double or a real one. */
export function forgejoScenarios(start: () => Promise<Forge>): void {
  async function opened() {
    const forge = await start()
    const repository = await makeForgeRepository(forge)
    const data = makeFolder('hub')
    const config = { allowUnisolated: true, ...repository.config }
    writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
    const clock = new ManualClock()
    const hub = await startHub({ data, clock })
    const task = 'task-one'
    const space = await hub.call<Workspace>('branch_create', { repo: repository.path, task })
    writeFiles(space.path, { 'one.txt': 'one\n' })
    await hub.call('commit_create', { task, message: 'Work' })
    const change = await hub.call<Change>('change_open', { task, title: 'Work' })
    const read = () => hub.call<Read>('change_read', { change: change.id })
    const by = (method: string, path: string, body?: object) =>
      askAsOwner(forge, method, `${repository.full}${path}`, body)
    const after = (holds: (read: Read) => boolean) =>
      until(async () => {
        await clock.advance(30_000)
        return holds(await read())
      }, 60_000)
    return { forge, hub, repository, change, read, by, after }
  }

  test('pull requests of others are listed beside the own one, and none is taken in', async () => {
    const { hub, repository, change, by } = await opened()
    const { path } = repository
    await git(['-C', path, 'checkout', '--quiet', '-b', 'theirs'])
    await repository.commit({ 'theirs.txt': 'theirs\n' }, 'theirs')
    await by('POST', '/pulls', { title: 'Theirs', body: '', head: 'theirs', base: 'main' })
    type Listed = { provider: string; items: { title: string; author: string; change?: string }[] }
    const listed = await hub.call<Listed>('proposal_list', { repo: path })
    expect(listed.provider).toBe('forgejo')
    expect(listed.items.map(({ title, change: own }) => [title, own])).toEqual([
      ['Theirs', undefined],
      ['Work', change.id],
    ])
    expect(await hub.call('change_list')).toMatchObject({ items: [{ id: change.id }] })
  })

  test('an address on the forge is cloned and stays kept there, with what is proposed', async () => {
    const { hub, repository, forge } = await opened()
    const address = `${forge.url}${repository.full.replace('/repos', '')}`
    const clone = await hub.call<Repository>('repo_clone', { address })
    expect(clone).toMatchObject({ provider: 'forgejo', defaultBranch: 'main' })
    expect((await hub.call<Repository>('repo_clone', { address })).id).toBe(clone.id)
    const listed = await hub.call('proposal_list', { repo: clone.id })
    expect(listed).toMatchObject({ provider: 'forgejo', items: [{ handle: '1', title: 'Work' }] })
    // A change of one checkout is known there; of another one it is somebody's.
    const taken = await hub.call<Change>('change_import', { repo: clone.id, handle: '1' })
    expect(taken).toMatchObject({ repo: clone.id, title: 'Work', importedBy: 'owner' })
    const log = await hub.call<{ items: object[] }>('repo_log', { repo: clone.id, ref: 'main' })
    expect(log.items).toHaveLength(1)
  })

  test('what others say of a pull request comes in once, and what the hub said does not', async () => {
    const { hub, change, by, after, read } = await opened()
    const line = { path: 'one.txt', line: 1 }
    await hub.call('change_comment', { change: change.id, body: 'our own' })
    await hub.call('change_comment', { change: change.id, body: 'our own line', ...line })
    await hub.call('change_review', { change: change.id, verdict: 'accept' })
    await by('POST', '/issues/1/comments', { body: 'Hm.' })
    const remark = { path: 'one.txt', body: 'Why one?', new_position: 1 }
    await by('POST', '/pulls/1/reviews', {
      event: 'REQUEST_CHANGES',
      body: 'Not yet.',
      commit_id: change.head,
      comments: [remark],
    })
    await after(({ reviews }) => reviews.length === 2)
    await by('POST', '/issues/1/comments', { body: 'One more.' })
    await after(({ comments }) => comments.length === 5)
    const { comments, reviews } = await read()
    expect(comments.map(({ author, body, path, line: at }) => [author, body, path, at])).toEqual([
      ['owner', 'our own', undefined, undefined],
      ['owner', 'our own line', 'one.txt', 1],
      ['test:owner', 'Hm.', undefined, undefined],
      ['test:owner', 'Why one?', 'one.txt', 1],
      ['test:owner', 'One more.', undefined, undefined],
    ])
    expect(reviews).toMatchObject([
      { reviewer: 'owner', verdict: 'accept' },
      { reviewer: 'test:owner', verdict: 'request_changes', body: 'Not yet.', revision: 1 },
    ])
  })

  test('a pull request that is merged or closed there ends its change', async () => {
    const first = await opened()
    const head = first.change.head
    const merge = {
      Do: 'merge',
      head_commit_id: head,
      MergeTitleField: 'In',
      MergeMessageField: 'so',
    }
    await until(async () =>
      first.by('POST', '/pulls/1/merge', merge).then(
        () => true,
        () => false,
      ),
    )
    await first.after(({ change }) => change.state === 'merged')
    const { change } = await first.read()
    expect(change.mergedBy).toBe('test:owner')
    expect((await first.repository.commits('main'))[0]).toBe(change.mergedAs)
    const second = await opened()
    await second.by('PATCH', '/pulls/1', { state: 'closed' })
    await second.after((read) => read.change.state === 'closed')
  })

  test('without its token, or with one that the forge refuses, the error says what is needed', async () => {
    const { hub, repository } = await opened()
    const { about } = await hub.call<{ about: { identity: string } }>('repo_read', {
      repo: repository.path,
    })
    expect(about.identity).toMatch(/^hub/)
    const read = () => hub.call('repo_log', { repo: repository.path })
    delete process.env[tokenEnv]
    expect(await failure(read())).toMatchObject({
      code: 'unsupported',
      message: `the forge test needs a token in ${tokenEnv}`,
    })
    process.env[tokenEnv] = 'wrong'
    const create = hub.call('branch_create', { repo: repository.path, branch: 'plain' })
    const refused = await failure(create)
    expect(refused.code).toMatch(/denied|conflict/)
    expect(JSON.stringify(refused)).not.toContain('wrong')
  })
}
