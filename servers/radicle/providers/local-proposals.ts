import { git } from '../../kit/git.ts'
import type { GitCopy } from '../git/copy.ts'
import { requireCommit, resolveCommit } from '../git/copy.ts'
import { mergedEarlier } from './merge-plan.ts'
import type { ForeignChange, Incoming, ProvidedChange } from './provider.ts'

/** A branch of the user's repository as a proposal: its last commit says what it does, and who made it. */
export async function proposedBranch(
  copy: GitCopy,
  handle: string,
): Promise<ForeignChange | undefined> {
  const ref = `refs/remotes/origin/${handle}`
  const head = await resolveCommit(copy, ref)
  if (head === undefined) return undefined
  const format = ['--max-count=1', '--format=%ae%x00%s%x00%b']
  const text = await git(['--git-dir', copy.dir, 'log', ...format, head])
  const [email = '', title = '', body = ''] = text.split('\0')
  return {
    handle,
    title: title || handle,
    body: body.trim(),
    author: `git:${email}`,
    branch: handle,
    state: 'open',
    revisions: [{ handle: head, head, summary: title }],
  }
}

/** What became of a branch that was taken in: nobody comments there, but it is merged or deleted. */
export async function becomeOf(copy: GitCopy, change: ProvidedChange): Promise<Incoming> {
  const { branch, target } = change
  const mergedAs = await mergedEarlier(copy, change, await requireCommit(copy, target))
  if (mergedAs !== undefined)
    return { remarks: [], outcome: { state: 'merged', mergedAs, by: 'git' } }
  const isThere = await resolveCommit(copy, `refs/remotes/origin/${branch}`)
  return isThere === undefined
    ? { remarks: [], outcome: { state: 'closed', by: 'git' } }
    : { remarks: [] }
}
