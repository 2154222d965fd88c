import { HubError } from '../../../schemas/errors.ts'
import { git } from '../../kit/git.ts'
import type { GitCopy } from '../git/copy.ts'
import { requireCommit } from '../git/copy.ts'
import { checkoutsOf, publishRef } from './local-refs.ts'
import { commitFor, mergedEarlier } from './merge-plan.ts'
import type { MergeOptions, ProvidedChange } from './provider.ts'

/** Moves the target branch and returns the commit on it that carries the change. */
export async function mergeIntoTarget(
  copy: GitCopy,
  change: ProvidedChange,
  options: MergeOptions,
): Promise<string> {
  const target = await requireCommit(copy, change.target)
  const done = await mergedEarlier(copy, change, target)
  if (done) return done
  const commit = await commitFor(copy, change, options, target)
  const ref = `refs/switchyard/merged/${change.id}` // Only what a ref names can be fetched.
  await git(['--git-dir', copy.dir, 'update-ref', ref, commit])
  const checkouts = await checkoutsOf(copy.userPath, change.target)
  if (checkouts.length === 0) {
    await publishRef(copy, ref, change.target, false)
    return commit
  }
  if (!options.updateCheckout) {
    throw new HubError(
      'conflict',
      `${change.target} is checked out in ${checkouts.join(', ')}, so it was left alone`,
      {
        hint: 'Pass update_checkout to fast-forward it there (its files must be clean), or switch to another branch first.',
        details: { checkouts },
      },
    )
  }
  for (const folder of checkouts) await fastForward(copy, folder, ref, commit)
  return commit
}

/** Git itself refuses when files that the merge changes have local edits. */
async function fastForward(
  copy: GitCopy,
  folder: string,
  ref: string,
  commit: string,
): Promise<void> {
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-gc']
  await git(['-C', folder, 'fetch', ...options, copy.dir, ref])
  await git(['-C', folder, 'merge', '--quiet', '--ff-only', '--no-verify', commit])
}
