import { HubError } from '../../../schemas/errors.ts'
import { git } from '../../kit/git.ts'
import type { GitCopy } from '../git/copy.ts'
import { authorName } from '../git/copy.ts'
import { isAncestor, mergeBase } from '../git/history.ts'
import { mergeCommit } from '../git/merge-commit.ts'
import { rebasedHead } from '../git/rebase.ts'
import type { MergeOptions, ProvidedChange } from './provider.ts'

/** A merge that reached the target before the hub could record it, or that somebody made there. */
export async function mergedEarlier(
  copy: GitCopy,
  { id, head }: Pick<ProvidedChange, 'id' | 'head'>,
  target: string,
): Promise<string | undefined> {
  const wanted = ['--format=%H', '--max-count=1', '--fixed-strings', `--grep=Change: ${id}`]
  const found = (await git(['--git-dir', copy.dir, 'log', ...wanted, target])).trim()
  if (found) return found
  return (await isAncestor(copy, head, target)) ? target : undefined
}

/** The commit that carries a change onto its target; the same one each time it is asked for. */
export async function commitFor(
  copy: GitCopy,
  change: ProvidedChange,
  { strategy, by }: Pick<MergeOptions, 'strategy' | 'by'>,
  target: string,
): Promise<string> {
  const { id, head, title, body, proposedAt } = change
  if (strategy === 'fast_forward') {
    if (await isAncestor(copy, target, head)) return head
    throw new HubError(
      'conflict',
      `${change.target} has moved on, so the change cannot be fast-forwarded`,
      { hint: 'Use strategy merge or squash.' },
    )
  }
  if (strategy === 'rebase') {
    const base = await mergeBase(copy, target, head)
    const replay = { target, base, head, trailer: `Change: ${id}`, at: proposedAt }
    const rebased = await rebasedHead(copy, replay)
    if (rebased) return rebased
  }
  return mergeCommit(copy, {
    target,
    head,
    squash: strategy !== 'merge', // What cannot be rebased keeps the history straight as one commit.
    message: `${title}\n\n${body.trim()}\n\nChange: ${id}\n`,
    at: proposedAt,
    author: authorName(by),
  })
}
