import { HubError } from '../../../schemas/errors.ts'
import { git, gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'

/**
 * The commit that carries `head` onto `target`, without touching any checkout. The same inputs give
 * the same commit, so an interrupted merge can be repeated.
 */
export async function mergeCommit(
  { dir }: GitCopy,
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
  const merged = await gitRaw([
    '--git-dir',
    dir,
    'merge-tree',
    '--write-tree',
    '--name-only',
    target,
    head,
  ])
  const [tree = '', ...rest] = merged.stdout.toString('utf8').split('\n')
  if (merged.exitCode !== 0) {
    const files = rest.slice(0, rest.indexOf('')).join(', ')
    throw new HubError(
      'conflict',
      `the change does not merge cleanly: ${files || merged.stderr.toString('utf8').trim()}`,
      {
        hint: 'Ask for a revision on top of the present target branch with change_review.',
      },
    )
  }
  const date = `${Math.floor(at / 1000)} +0000`
  const env = {
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: `${author}@switchyard.local`,
  }
  const parents = squash ? ['-p', target] : ['-p', target, '-p', head]
  return (
    await git(['--git-dir', dir, 'commit-tree', tree, ...parents, '-F', '-'], {
      env,
      input: message,
    })
  ).trim()
}
