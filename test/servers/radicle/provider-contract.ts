import { cpSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../../schemas/change.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { proposalContract } from './proposal-contract.ts'
import type { ProvidedRepository } from './provided.ts'
import { dataFor, mergeOf, propose, work } from './provided.ts'

/** What every provider does for the tools, whatever keeps the repository. */
export function providerContract(name: string, make: () => Promise<ProvidedRepository>): void {
  async function opened(files = { 'one.txt': 'one\n' }) {
    const repository = await make()
    const hub = await startHub({ data: dataFor(repository) })
    await work(hub, repository, files)
    return { hub, repository, change: await propose(hub) }
  }

  /**
   * What `step` answers when the hub dies between the provider and its own row: it is carried out,
   * and then once more by a hub that has the rows from before it.
   */
  async function twice<T>(
    repository: ProvidedRepository,
    prepare: (hub: TestHub) => Promise<(hub: TestHub) => Promise<T>>,
  ) {
    const [data, before] = [dataFor(repository), makeFolder()]
    const first = await startHub({ data })
    const step = await prepare(first)
    await first.hub.stop()
    cpSync(data, before, { recursive: true })
    const second = await startHub({ data })
    const done = await step(second)
    await second.hub.stop()
    const crashed = await startHub({ data: before })
    return { done, again: await step(crashed), hub: crashed }
  }

  describe(`provider ${name}`, () => {
    proposalContract(make)

    test('the repository names its provider from its first task on', async () => {
      const { hub, repository, change } = await opened()
      const { repository: known } = await hub.call<{ repository: object }>('repo_read', {
        repo: repository.path,
      })
      expect(known).toMatchObject({ id: change.repo, provider: name, defaultBranch: 'main' })
    })

    test('a task has one change: proposing again changes nothing, new work is a revision', async () => {
      const { hub, repository, change } = await opened()
      expect(await repository.read(change.branch, 'one.txt')).toBe('one\n')
      expect(await propose(hub)).toEqual(change)
      await work(hub, repository, { 'one.txt': 'two\n' })
      const revised = await propose(hub)
      expect(revised).toMatchObject({ id: change.id, state: 'open', revisions: 2 })
      expect(await repository.read(change.branch, 'one.txt')).toBe('two\n')
      expect((await repository.commits(change.branch))[0]).toBe(revised.head)
    })

    test('comments and reviews are of a revision, and are answered with it', async () => {
      const { hub, change: opening } = await opened()
      const change = opening.id
      const line = { path: 'one.txt', line: 1 }
      await hub.call('change_comment', { change, body: 'why?', ...line })
      await hub.call('change_review', { change, verdict: 'request_changes', body: 'say why' })
      await hub.call('change_review', { change, verdict: 'accept' })
      expect(await hub.call('change_read', { change })).toMatchObject({
        comments: [{ revision: 1, body: 'why?', ...line }],
        reviews: [
          { revision: 1, verdict: 'request_changes', body: 'say why' },
          { revision: 1, verdict: 'accept' },
        ],
      })
    })

    test.each(['merge', 'squash', 'fast_forward'])(
      '%s brings it into the target',
      async (strategy) => {
        const { hub, repository, change } = await opened()
        const merged = await hub.call<Change>('change_merge', mergeOf(change, { strategy }))
        expect(merged).toMatchObject({ state: 'merged', mergedAs: expect.any(String) as string })
        expect(await repository.read('main', 'one.txt')).toBe('one\n')
        const commits = await repository.commits('main')
        expect(commits[0]).toBe(merged.mergedAs)
        expect(commits.includes(change.head)).toBe(strategy !== 'squash')
        expect(await hub.call('change_merge', mergeOf(change, { strategy }))).toEqual(merged)
        expect(await repository.commits('main')).toEqual(commits)
      },
    )

    test('a target that moved on is merged with, and not fast-forwarded', async () => {
      const { hub, repository, change } = await opened()
      await repository.commit({ 'other.txt': 'other\n' })
      const forward = mergeOf(change, { strategy: 'fast_forward' })
      expect(await failure(hub.call('change_merge', forward))).toMatchObject({ code: 'conflict' })
      await hub.call('change_merge', mergeOf(change))
      expect(await repository.read('main', 'one.txt')).toBe('one\n')
      expect(await repository.read('main', 'other.txt')).toBe('other\n')
    })

    test('a conflict is refused with the file, and the change stays open', async () => {
      const { hub, repository, change } = await opened()
      await repository.commit({ 'one.txt': 'else\n' })
      const before = await repository.commits('main')
      expect(await failure(hub.call('change_merge', mergeOf(change)))).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('one.txt') as string,
      })
      expect(await repository.commits('main')).toEqual(before)
      expect(await hub.call('change_read', { change: change.id })).toMatchObject({
        change: { state: 'open' },
      })
    })

    test('a closed change keeps its branch and takes nothing more', async () => {
      const { hub, repository, change } = await opened()
      const closing = { change: change.id, reason: 'not wanted' }
      const closed = await hub.call<Change>('change_close', closing)
      expect(closed.state).toBe('closed')
      expect(await hub.call('change_close', closing)).toEqual(closed)
      await work(hub, repository, { 'one.txt': 'two\n' })
      for (const refused of [
        propose(hub),
        hub.call('change_merge', mergeOf(change)),
        hub.call('change_review', { change: change.id, verdict: 'accept' }),
      ]) {
        expect(await failure(refused)).toMatchObject({
          code: 'conflict',
          message: `change ${change.id} is closed`,
        })
      }
      expect(await repository.read(change.branch, 'one.txt')).toBe('one\n')
    })

    test('what a crash kept from being recorded is found by the next call: opened', async () => {
      const repository = await make()
      const { done, again } = await twice(repository, async (hub) => {
        await work(hub, repository, { 'one.txt': 'one\n' })
        return propose
      })
      expect(again).toMatchObject({ head: done.head, branch: done.branch, revisions: 1 })
      expect((await repository.commits(done.branch))[0]).toBe(done.head)
    })

    test('what a crash kept from being recorded is found by the next call: merged', async () => {
      const repository = await make()
      const { done, again } = await twice(repository, async (hub) => {
        await work(hub, repository, { 'one.txt': 'one\n' })
        const change = await propose(hub)
        return (later) => later.call<Change>('change_merge', mergeOf(change))
      })
      expect(again).toMatchObject({ state: 'merged', mergedAs: done.mergedAs })
      expect((await repository.commits('main'))[0]).toBe(done.mergedAs)
    })

    test('what a crash kept from being recorded is found by the next call: closed', async () => {
      const repository = await make()
      const { again } = await twice(repository, async (hub) => {
        await work(hub, repository, { 'one.txt': 'one\n' })
        const { id: change } = await propose(hub)
        return (later) => later.call<Change>('change_close', { change })
      })
      expect(again.state).toBe('closed')
    })
  })
}
