import { expect, test } from 'vitest'
import type { Change, ChangeComment, Mergeable } from '../../../schemas/change.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import type { ProvidedRepository } from './provided.ts'
import { dataFor, mergeOf, propose, task, work } from './provided.ts'

type Read = { change: Change; comments: ChangeComment[]; diff: string }

/** What every provider does with drafts, and with what somebody else proposed. */
export function proposalContract(make: () => Promise<ProvidedRepository>): void {
  test('what others proposed is taken in once, followed, and reviewed and merged like any other', async () => {
    const repository = await make()
    const clock = new ManualClock()
    const hub = await startHub({ data: dataFor(repository), clock })
    await work(hub, repository, { 'own.txt': 'own\n' })
    const own = await propose(hub)
    const theirs = await repository.proposeForeign({ 'theirs.txt': 'one\n' }, 'Say one')
    const asked = { repo: repository.path, handle: theirs.handle }
    const change = await hub.call<Change>('change_import', asked)
    expect(change).toMatchObject({
      ...{ title: 'Say one', state: 'open', revisions: 1, target: 'main' },
      ...{ author: theirs.author, importedBy: 'owner' },
    })
    expect(change).not.toHaveProperty('task')
    expect(await hub.call('change_import', asked)).toEqual(change)
    const read = () => hub.call<Read>('change_read', { change: change.id })
    expect((await read()).diff).toContain('+one')
    const { items } = await hub.call<{ items: { outcome: string; subject?: string }[] }>(
      'audit_list',
      { tool: 'change_import' },
    )
    expect(items.map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
    const later = async (holds: (now: Read) => boolean) =>
      until(async () => {
        await clock.advance(30_000)
        return holds(await read())
      }, 90_000)
    const head = await theirs.revise({ 'theirs.txt': 'two\n' })
    await later((now) => now.change.revisions === 2)
    await theirs.say?.('Better so.')
    if (theirs.say) await later(({ comments }) => comments.length > 0)
    const now = await read()
    expect(now.change).toMatchObject({ head, revisions: 2, title: 'Say one' })
    expect(now.comments.map(({ body, author }) => [body, author])).toEqual(
      theirs.say ? [['Better so.', theirs.author]] : [],
    )
    const words = { change: change.id, body: 'Thank you', revision: 2 }
    await hub.call('change_comment', words)
    await hub.call('change_review', { change: change.id, verdict: 'accept' })
    const merged = await hub.call<Change>('change_merge', mergeOf({ ...change, head }))
    expect(merged).toMatchObject({ state: 'merged', mergedBy: 'owner' })
    expect(await repository.read('main', 'theirs.txt')).toBe('two\n')
    expect(await failure(hub.call('change_import', asked))).toMatchObject({ code: 'conflict' })
    const nothing = hub.call('change_import', { ...asked, handle: 'nobody' })
    expect(await failure(nothing)).toMatchObject({ code: 'not_found' })
    expect((await hub.call<Read>('change_read', { change: own.id })).change.state).toBe('open')
  })

  test('a draft is shown, revised and commented on, and reviewed and merged once it is ready', async () => {
    const repository = await make()
    const hub = await startHub({ data: dataFor(repository) })
    await work(hub, repository, { 'one.txt': 'one\n' })
    const asked = { task, title: 'Work', summary: 'what it does' }
    const { id: change } = await hub.call<Change>('change_open', { ...asked, draft: true })
    const read = () => hub.call<{ change: Change; mergeable: Mergeable }>('change_read', { change })
    expect(await read()).toMatchObject({
      change: { draft: true, state: 'open' },
      mergeable: { ready: false, reasons: [{ code: 'draft', blocks: true }] },
    })
    // Another revision leaves it what it is.
    await work(hub, repository, { 'one.txt': 'two\n' })
    const draft = await propose(hub)
    expect(draft).toMatchObject({ draft: true, revisions: 2, title: 'Work' })
    await hub.call('change_comment', { change, body: 'early' })
    for (const refused of [
      hub.call('change_review', { change, verdict: 'accept' }),
      hub.call('change_review', { change, verdict: 'request_changes', body: 'no' }),
      hub.call('change_merge', mergeOf(draft)),
      hub.call('change_merge', mergeOf(draft, { force: true })),
    ])
      expect(await failure(refused)).toMatchObject({
        code: 'conflict',
        message: `change ${change} is a draft: it is not reviewed or merged yet`,
        hint: expect.stringContaining('change_update') as string,
      })
    expect(await repository.isDraft?.(draft)).not.toBe(false)
    const ready = await hub.call<Change>('change_update', { change, draft: false })
    expect(ready).not.toHaveProperty('draft')
    expect(await hub.call('change_update', { change, draft: false })).toEqual(ready)
    expect(await repository.isDraft?.(draft)).not.toBe(true)
    await hub.call('change_update', { change, draft: true })
    expect(await repository.isDraft?.(draft)).not.toBe(false)
    expect(await hub.call('change_open', { ...asked, draft: false })).not.toHaveProperty('draft')
    expect(await repository.isDraft?.(draft)).not.toBe(true)
    await hub.call('change_review', { change, verdict: 'accept' })
    expect(await hub.call('change_merge', mergeOf(draft))).toMatchObject({ state: 'merged' })
    const late = hub.call('change_update', { change, draft: true })
    expect(await failure(late)).toMatchObject({ code: 'conflict' })
  })
}
