import { copyOf, withCopy } from '../git/copy.ts'
import { ownBranches } from './branches.ts'
import { becomeOf, proposedBranch } from './local-proposals.ts'
import { mergeIntoTarget } from './local-merge.ts'
import { createBranch, currentBranch, publishRef, refreshCopy } from './local-refs.ts'
import type { ProviderKind } from './provider.ts'

/**
 * Git repositories on this machine. Git knows no changes: a change is its branch in the user's
 * repository, and its discussion is in the hub's rows alone. A branch that somebody else made can be
 * taken in as a change, and is followed then.
 */
export const localGit: ProviderKind = {
  name: 'local',
  recognises: () => Promise.resolve(true),
  open: (ctx, repository) => {
    const { path } = repository
    const copy = copyOf(ctx, repository)
    const publishBranch = (branch: string) =>
      withCopy(copy, () => publishRef(copy, `refs/heads/${branch}`, branch, true))
    return {
      currentBranch: () => currentBranch(path),
      branches: () => ownBranches(path),
      refresh: () => withCopy(copy, () => refreshCopy(copy)),
      createBranch: (name, commit) => createBranch(path, name, commit),
      publishBranch,
      propose: async ({ branch }) => {
        await publishBranch(branch)
        return {}
      },
      comment: () => Promise.resolve(undefined),
      review: () => Promise.resolve(),
      merge: (change, options) =>
        withCopy(copy, async () => {
          await refreshCopy(copy)
          return mergeIntoTarget(copy, change, options)
        }),
      close: () => Promise.resolve(),
      setDraft: () => Promise.resolve(), // A state of the row alone.
      proposal: async (handle) => {
        await withCopy(copy, () => refreshCopy(copy))
        return proposedBranch(copy, handle)
      },
      watch: async (handles) => {
        const heads = new Map((await ownBranches(path)).map(({ name, head }) => [name, head]))
        return new Map(handles.map((handle) => [handle, heads.get(handle) ?? 'gone']))
      },
      incoming: async (change) => {
        await withCopy(copy, () => refreshCopy(copy))
        return becomeOf(copy, change)
      },
    }
  },
}
