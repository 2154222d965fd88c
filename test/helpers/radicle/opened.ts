import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change, ChangeComment, ChangeReview } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../folder.ts'
import type { TestHub } from '../hub.ts'
import { startHub, until } from '../hub.ts'
import { ManualClock } from '../manual-clock.ts'
import { writeFiles } from '../repo.ts'
import { makePerson, makeRadRepo } from './person.ts'

export type Read = { change: Change; comments: ChangeComment[]; reviews: ChangeReview[] }
export type About = {
  about: { address: string; identity: string; delegates: string[]; threshold: number }
}

/** Alice's repository, Carol with a key in the same storage, and a hub with an open change there. */
export async function opened() {
  const alice = await makePerson('alice')
  const carol = await makePerson('carol', join(alice.home, 'storage'))
  const { path: repo, rid } = await makeRadRepo(alice)
  const data = dataFor(alice.home)
  const clock = new ManualClock()
  const hub = await startHub({ data, clock })
  const change = await propose(hub, repo, 'two\n')
  const storage = join(alice.home, 'storage', rid.slice(4))
  const refs = 'refs/namespaces/*/refs/cobs/xyz.radicle.patch/*'
  const patch = (
    await git(['--git-dir', storage, 'for-each-ref', '--format=%(refname:lstrip=-1)', refs])
  ).trim()
  const read = () => hub.call<Read>('change_read', { change: change.id })
  /** Lets the controller look, until that is so. */
  const after = (holds: (read: Read) => boolean) =>
    until(async () => {
      await clock.advance(30_000)
      return holds(await read())
    }, 60_000)
  return { alice, carol, hub, repo, rid, patch, change, data, read, after }
}

export function dataFor(home: string): string {
  const data = makeFolder('hub')
  const config = { allowUnisolated: true, radicle: { home } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  return data
}

export async function propose(hub: TestHub, repo: string, text: string): Promise<Change> {
  const task = 'task-one'
  const space = await hub.call<Workspace>('branch_create', { repo, task })
  writeFiles(space.path, { 'one.txt': text })
  await hub.call('commit_create', { task, message: 'Work' })
  return hub.call<Change>('change_open', { task, title: 'Work', body: 'Why\n\nand how.' })
}
