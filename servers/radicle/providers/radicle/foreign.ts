import { HubError } from '../../../../schemas/errors.ts'
import { git } from '../../../kit/git.ts'
import type { GitCopy } from '../../git/copy.ts'
import type { ForeignChange } from '../provider.ts'
import type { Patch } from './patch.ts'
import { patchOf } from './patches.ts'
import type { RadRepository } from './rad-repository.ts'
import { storageOf } from './rad-repository.ts'
import { fetchCanonical } from './transfer.ts'

/** A patch of anybody's with all revisions of its author, whose commits are brought into the copy. */
export async function foreignPatch(
  repository: RadRepository,
  copy: GitCopy,
  handle: string,
): Promise<ForeignChange | undefined> {
  if (!/^[0-9a-f]{40,64}$/.test(handle)) return undefined
  const patch = await patchOf(repository, handle).catch(absent)
  const revisions = patch?.revisions.filter(({ author }) => author === patch.author) ?? []
  const last = revisions.at(-1)
  if (!patch || !last) return undefined
  await fetchCanonical(repository, copy)
  // From the storage itself: the remote helper offers neither drafts nor revisions of before.
  const wanted = revisions.map(({ head }) => `+${head}:refs/switchyard/revisions/${head}`)
  const branch = `patches/${handle}`
  const refs = [...wanted, `+${last.head}:refs/${branch}`]
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head']
  await git(['--git-dir', copy.dir, 'fetch', ...options, storageOf(repository), ...refs])
  return {
    handle,
    title: patch.title,
    body: revisions[0]?.description ?? '',
    author: `radicle:${patch.author}`,
    branch,
    target: patch.target ?? repository.defaultBranch,
    isDraft: patch.isDraft,
    state: stateOf(patch),
    revisions: revisions.map(({ id, head, description: summary }) => ({
      handle: id,
      head,
      summary,
    })),
  }
}

const stateOf = ({ isArchived, merges }: Patch): ForeignChange['state'] =>
  merges.length > 0 ? 'merged' : isArchived ? 'closed' : 'open'

/** What Radicle does not find it says by a failure; any other one is passed on. */
function absent(error: unknown): undefined {
  if (error instanceof HubError && /not found|no such|does not exist/i.test(error.message))
    return undefined
  throw error
}
