import { realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Repository, Workspace } from '../../../schemas/repo.ts'
import { identityFor, ownNodeIds } from '../../../servers/radicle/providers/radicle/identities.ts'
import { readPatch } from '../../../servers/radicle/providers/radicle/patch.ts'
import { radicle } from '../../../servers/radicle/providers/radicle/radicle.ts'
import { startHub } from '../../helpers/hub.ts'
import type { About } from '../../helpers/radicle/opened.ts'
import { dataFor, opened, propose } from '../../helpers/radicle/opened.ts'
import { makePerson } from '../../helpers/radicle/person.ts'
import { writeFiles } from '../../helpers/repo.ts'

/** What holds of the hub's own keys on Radicle, whichever `rad` is on the PATH. */
export function radicleKeys(): void {
  test('people and the agents of each org have keys of their own, in one storage, for the owner alone', async () => {
    const { home } = await makePerson('alice')
    const dataDir = dataFor(home)
    const config = { ...readSettings({}), file: ConfigFile.parse({ radicle: { home } }) }
    const of = (kind: Principal['kind'], org: string) =>
      identityFor({ dataDir, config, principal: { kind, id: 'x', roles: [], orgs: [org] } }, org)
    const keys = [await of('user', 'a'), await of('agent', 'a'), await of('agent', 'b')]
    expect(new Set(keys.map(({ nid }) => nid)).size).toBe(3)
    expect((await of('service', 'b')).nid).toBe(keys[0]?.nid)
    expect(await ownNodeIds({ dataDir })).toEqual(new Set(keys.map(({ nid }) => nid)))
    for (const { env } of keys) {
      const own = env.RAD_HOME ?? ''
      expect(realpathSync(join(own, 'storage'))).toBe(join(home, 'storage'))
      expect(statSync(own).mode & 0o077).toBe(0)
    }
  })

  test('what an agent proposed is revised and closed by somebody else at the hub', async () => {
    const { hub, data, repo, alice, rid } = await opened()
    const space = await hub.call<Workspace>('branch_create', { repo, task: 'task-two' })
    writeFiles(space.path, { 'two.txt': 'two\n' })
    const { head } = await hub.call<{ head: string }>('commit_create', {
      task: 'task-two',
      message: 'Two',
    })
    const { repository } = await hub.call<{ repository: Repository }>('repo_read', { repo })
    const as = (kind: Principal['kind']) =>
      radicle.open(
        {
          dataDir: data,
          config: hub.hub.config(),
          signal: AbortSignal.timeout(60_000),
          principal: { kind, id: 'x', roles: [], orgs: ['default'] },
          log: hub.hub.log,
          clock: hub.hub.clock,
        },
        repository,
      )
    const proposal = {
      key: 'task-two',
      title: 'Two',
      body: 'Why',
      summary: 'first',
      branch: space.branch,
      target: 'main',
      base: space.base,
      head,
      isDraft: false,
      by: 'x',
    }
    const made = await as('agent').propose({ ...proposal, handle: undefined })
    const again = { ...proposal, title: 'Two again', body: 'Why not', handle: made.change }
    expect(await as('user').propose(again)).toEqual(made)
    const { change: handle, revision: revisionHandle } = made
    const named = { id: 'change-x', handle, revisionHandle }
    const change = { ...proposal, ...named, proposedAt: 0, isImported: false }
    await as('user').close(change, { reason: 'no', by: 'x' })
    const log = await alice.rad(
      ...['cob', 'log', '--repo', rid, '--type', 'xyz.radicle.patch'],
      ...['--object', handle ?? '', '--format', 'json'],
    )
    const patch = readPatch(log, (node) => node === alice.nid)
    expect(patch).toMatchObject({ title: 'Two again', isArchived: true })
    expect(patch.revisions).toMatchObject([{ description: 'Why not\n\nTask: task-two' }])
    const { nid } = await identityFor(
      {
        dataDir: data,
        config: hub.hub.config(),
        principal: { kind: 'agent', id: 'x', roles: [], orgs: [] },
      },
      'default',
    )
    expect(patch.author).toBe(nid)
    expect(patch.remarks[0]?.author).not.toBe(nid)
  })

  test('a home that comes from a backup, with its keys alone, is the same to everybody', async () => {
    const { hub, data, change, repo } = await opened()
    const { about } = await hub.call<About>('repo_read', { repo })
    await hub.hub.stop()
    for (const part of ['cobs', 'node', 'storage'])
      rmSync(join(data, 'radicle', 'hub', part), { recursive: true, force: true })
    const restored = await startHub({ data })
    expect(await restored.call<About>('repo_read', { repo })).toMatchObject({ about })
    await restored.call('change_comment', { change: change.id, body: 'still here' })
    expect(await propose(restored, repo, 'three\n')).toMatchObject({ id: change.id, revisions: 2 })
  })
}
