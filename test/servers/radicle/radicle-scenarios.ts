import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import type { Repository, Workspace } from '../../../schemas/repo.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import type { About } from '../../helpers/radicle/opened.ts'
import { dataFor, opened, propose } from '../../helpers/radicle/opened.ts'
import { act, makePerson } from '../../helpers/radicle/person.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

/** What holds with Radicle beyond the contract of providers, whichever `rad` is on the PATH. */
export function radicleScenarios(): void {
  test('what others say of a patch comes in once; a verdict counts from a delegate alone', async () => {
    const { alice, carol, rid, patch, read, after, hub, change } = await opened()
    const at = { rid, patch }
    const lines = { type: 'lines', range: { start: 1, end: 2 } }
    const location = { commit: change.head, path: 'one.txt', old: null, new: lines }
    await act(carol, at, { type: 'revision.comment', revision: patch, body: 'Hm.', location })
    await act(carol, at, { type: 'review', revision: patch, summary: 'Never.', verdict: 'reject' })
    await act(alice, at, {
      type: 'review',
      revision: patch,
      summary: 'Not yet.',
      verdict: 'reject',
    })
    await hub.call('change_comment', { change: change.id, body: 'our own' })
    await after(({ reviews }) => reviews.length === 1)
    await act(alice, at, { type: 'revision.comment', revision: patch, body: 'One more.' })
    await after(({ comments }) => comments.length === 4)
    const { comments, reviews } = await read()
    expect(
      comments.map(({ author, body, path: file, line }) => [author, body, file, line]),
    ).toEqual([
      ['owner', 'our own', undefined, undefined],
      [`radicle:${carol.nid}`, 'Hm.', 'one.txt', 1],
      [`radicle:${carol.nid}`, '(asks for changes) Never.', undefined, undefined],
      [`radicle:${alice.nid}`, 'One more.', undefined, undefined],
    ])
    expect(reviews).toMatchObject([
      {
        reviewer: `radicle:${alice.nid}`,
        verdict: 'request_changes',
        body: 'Not yet.',
        revision: 1,
      },
    ])
  })

  test('patches of others are listed beside the own one, and none is taken in', async () => {
    const { alice, repo, rid, hub, change, patch } = await opened()
    await alice.git(repo, 'checkout', '--quiet', '-b', 'theirs')
    writeFiles(repo, { 'theirs.txt': 'theirs\n' })
    const head = await commitAll(repo, 'Theirs')
    await alice.git(repo, 'push', 'rad', '-o', 'patch.message=Theirs', 'HEAD:refs/patches')
    type Listed = { items: { handle: string; title: string; author: string; head: string }[] }
    const list = async () =>
      (await hub.call<Listed & { provider: string }>('proposal_list', { repo })).items
    const theirs = (await list()).find(({ handle }) => handle !== patch)
    expect(theirs).toMatchObject({ title: 'Theirs', head, author: `radicle:${alice.nid}` })
    expect((await list()).find(({ handle }) => handle === patch)).toMatchObject({
      change: change.id,
      draft: false,
    })
    expect(await hub.call('change_list')).toMatchObject({ items: [{ id: change.id }] })
    const archived = { type: 'lifecycle', state: { status: 'archived' } }
    await act(alice, { rid, patch: theirs!.handle }, archived)
    expect((await list()).map(({ handle }) => handle)).toEqual([patch])
  })

  test('a Radicle id is cloned and stays kept there: its patches are listed, and a change is one', async () => {
    const { hub, rid, patch, alice } = await opened()
    const asked = { address: rid }
    const clone = await hub.call<Repository>('repo_clone', asked)
    expect(clone).toMatchObject({ provider: 'radicle', defaultBranch: 'main' })
    expect(existsSync(join(clone.path, '.git'))).toBe(true)
    expect((await hub.call<Repository>('repo_clone', asked)).id).toBe(clone.id)
    type Listed = { provider: string; items: { handle: string; title: string; change?: string }[] }
    const list = () => hub.call<Listed>('proposal_list', { repo: clone.id })
    expect(await list()).toMatchObject({ provider: 'radicle', items: [{ handle: patch }] })
    const task = 'task-two'
    const space = await hub.call<Workspace>('branch_create', { repo: clone.path, task })
    writeFiles(space.path, { 'cloned.txt': 'cloned\n' })
    await hub.call('commit_create', { task, message: 'From the clone' })
    const change = await hub.call<Change>('change_open', { task, title: 'From the clone' })
    const { items } = await list()
    expect(items.find(({ title }) => title === 'From the clone')?.change).toBe(change.id)
    const all = await alice.rad('cob', 'list', '--repo', rid, '--type', 'xyz.radicle.patch')
    expect(all.trim().split('\n')).toHaveLength(2)
    const none = hub.call('repo_clone', { address: `rad:z${'4'.repeat(rid.length - 5)}` })
    expect(await failure(none)).toMatchObject({ code: 'not_found' })
  })

  test('a merge and an archived patch end the change', async () => {
    const { alice, repo, rid, patch, after, read } = await opened()
    await alice.git(repo, 'fetch', `rad://${rid.slice(4)}`, `refs/heads/patches/${patch}`)
    await alice.git(repo, 'merge', '--quiet', 'FETCH_HEAD')
    await alice.git(repo, 'push', 'rad', 'main')
    await after(({ change }) => change.state === 'merged')
    expect((await read()).change.mergedBy).toBe(`radicle:${alice.nid}`)
    const other = await opened()
    const archived = { type: 'lifecycle', state: { status: 'archived' } }
    await act(other.alice, { rid: other.rid, patch: other.patch }, archived)
    await other.after(({ change }) => change.state === 'closed')
  })

  test('a hub that is no delegate merges nothing, and says how it becomes one', async () => {
    const { hub, repo, rid, change, alice } = await opened()
    const { about } = await hub.call<About>('repo_read', { repo })
    expect(about).toMatchObject({ address: rid, delegates: [alice.did], threshold: 1 })
    const merge = hub.call('change_merge', { change: change.id, expect_head: change.head })
    expect(await failure(merge)).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`${about.identity}) is no delegate of ${rid}`) as string,
      hint: expect.stringContaining(`--delegate ${about.identity}`) as string,
      details: { missing: [alice.nid] },
    })
  })

  test('where two delegates have to agree, the merge says who is missing, and is found after them', async () => {
    const { hub, repo, rid, change, alice } = await opened()
    const { about } = await hub.call<About>('repo_read', { repo })
    const words = ['--title', 'Add', '--description', 'it', '--no-confirm']
    const merge = () =>
      hub.call<Change>('change_merge', { change: change.id, expect_head: change.head })
    await vote(hub, repo)
    const both = ['--delegate', about.identity, '--threshold', '2']
    await alice.rad('id', 'update', '--repo', rid, ...words, ...both)
    expect(await failure(merge())).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/2 of its 2 delegates .* Missing: did:key:/) as string,
      details: { missing: [alice.nid], threshold: 2 },
    })
    expect(await hub.call('change_read', { change: change.id })).toMatchObject({
      change: { state: 'open' },
    })
    const nid = about.identity.replace('did:key:', '')
    await alice.git(repo, 'fetch', `rad://${rid.slice(4)}/${nid}`, 'main')
    await alice.git(repo, 'merge', '--ff-only', 'FETCH_HEAD')
    await alice.git(repo, 'push', 'rad', 'main')
    expect(await merge()).toMatchObject({ state: 'merged' })
  })

  test('a repository that is put on Radicle later has its next change there', async () => {
    const alice = await makePerson('alice')
    const repo = await makeRepo()
    const hub = await startHub({ data: dataFor(alice.home) })
    const first = await propose(hub, repo, 'one\n')
    const named = ['--name', 'thing', '--description', 'A', '--default-branch', 'main', '--public']
    await alice.rad('init', repo, ...named, '--no-confirm')
    const provider = async () =>
      (await hub.call<{ repository: { provider: string } }>('repo_read', { repo })).repository
        .provider
    await hub.call('branch_create', { repo, task: 'task-two' })
    expect(await provider()).toBe('local') // The open change is known there alone.
    await hub.call('change_close', { change: first.id })
    await hub.call('branch_create', { repo, task: 'task-three' })
    expect(await provider()).toBe('radicle')
  })
}

/** A delegate without the branch cannot be counted on, so the hub has it before two are needed. */
const vote = (hub: TestHub, repo: string) =>
  hub.call('branch_create', { repo, branch: 'main', ref: 'main' })
