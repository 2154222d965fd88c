import { z } from 'zod'
import type { GitCopy } from '../../git/copy.ts'
import { requireCommit } from '../../git/copy.ts'
import { commitFor } from '../merge-plan.ts'
import type { MergeOptions, ProvidedChange, ProviderContext } from '../provider.ts'
import type { Place } from './api.ts'
import { ask, patiently } from './api.ts'
import { PullRequest } from './pull-request.ts'
import { fetchAll } from './transfer.ts'

const styles = {
  merge: 'merge',
  squash: 'squash',
  fast_forward: 'fast-forward-only',
  rebase: 'rebase',
} as const

/**
 * Has the forge merge, so that its own rules for the branch hold. Whether it would go is tried in the
 * hub's copy first, because the forge does not say which files are in conflict.
 */
export async function mergePull(
  ctx: Pick<ProviderContext, 'clock' | 'signal'>,
  place: Place,
  copy: GitCopy,
  change: ProvidedChange & { handle: string },
  options: MergeOptions,
): Promise<string> {
  const { signal } = ctx
  const pull = await ask(place, `/pulls/${change.handle}`, PullRequest, { signal })
  if (pull.merged) return pull.merge_commit_sha ?? pull.head.sha
  await fetchAll(place, copy)
  await commitFor(copy, change, options, await requireCommit(copy, change.target))
  const body = {
    Do: styles[options.strategy],
    head_commit_id: change.head,
    MergeTitleField: change.title,
    MergeMessageField: `${change.body.trim()}\n\nChange: ${change.id}`.trim(),
  }
  // The forge looks at a push in the background, and says 405 until it has.
  await patiently(ctx, { status: 405, tries: 10 }, () =>
    ask(place, `/pulls/${change.handle}/merge`, z.unknown(), { method: 'POST', body, signal }),
  )
  const merged = await ask(place, `/pulls/${change.handle}`, PullRequest, { signal })
  await fetchAll(place, copy)
  return merged.merge_commit_sha ?? change.head
}
