import { HubError } from '../../../schemas/errors.ts'
import { git } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'
import { mergeTree } from './merge-tree.ts'

/**
 * The commit that carries `head` onto `target`, without touching any checkout. The same inputs give
 * the same commit, so an interrupted merge can be repeated.
 */
export async function mergeCommit(
  copy: GitCopy,
  options: {
    target: string
    head: string
    squash: boolean
    message: string
    at: number
    author: string
  },
): Promise<string> {
  const { target, head, squash, message, at, author } = options
  const { tree, conflicts } = await mergeTree(copy, target, head)
  if (conflicts.length > 0) throw conflicting(conflicts)
  const date = gitDate(at)
  const env = {
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: `${author}@switchyard.local`,
  }
  const parents = squash ? ['-p', target] : ['-p', target, '-p', head]
  return (
    await git(['--git-dir', copy.dir, 'commit-tree', tree, ...parents, '-F', '-'], {
      env,
      input: message,
    })
  ).trim()
}

/** An instant as Git takes it. */
export const gitDate = (at: number): string => `${Math.floor(at / 1000)} +0000`

const conflicting = (paths: string[]): HubError =>
  new HubError('conflict', `the change does not merge cleanly: ${paths.join(', ')}`, {
    hint: 'Pass `resolve` to change_merge to have the conflict resolved in a next revision.',
    details: { files: paths },
  })
