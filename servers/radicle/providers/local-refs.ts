import { HubError } from '../../../schemas/errors.ts'
import { git, gitRaw } from '../../kit/git.ts'
import type { GitCopy } from '../git/copy.ts'
import { ensureCopy } from '../git/copy.ts'

/** Brings the user's branches and tags up to date in the hub's copy, made when it is missing. */
export async function refreshCopy(copy: GitCopy): Promise<void> {
  await ensureCopy(copy, fetchUser)
  await fetchUser(copy)
}

/** The branch the user has checked out, or the likeliest default when there is none. */
export async function currentBranch(path: string): Promise<string> {
  const head = await gitRaw(['-C', path, 'symbolic-ref', '--quiet', '--short', 'HEAD'])
  if (head.exitCode === 0) return head.stdout.toString('utf8').trim()
  const text = await git(['-C', path, 'for-each-ref', '--format=%(refname:short)', 'refs/heads'])
  const names = text.split('\n')
  const branch = ['main', 'master', 'trunk'].find((name) => names.includes(name)) ?? names[0]
  if (branch) return branch
  throw new HubError('invalid', `${path} has no branch to work from`, {
    hint: 'Commit something first.',
  })
}

/** Git itself refuses a branch that is there, unless it is what was asked for. */
export async function createBranch(path: string, name: string, commit: string): Promise<void> {
  const ref = ['rev-parse', '--verify', '--quiet', '--end-of-options', `refs/heads/${name}`]
  const there = await gitRaw(['-C', path, ...ref])
  if (there.stdout.toString('utf8').trim() === commit) return
  await git(['-C', path, 'branch', '--no-track', name, commit])
}

/**
 * Makes a ref of the hub's copy appear as a branch of the user's repository. It is fetched there
 * rather than pushed, because a push would run the hooks of the receiving side.
 */
export async function publishRef(
  { dir, userPath }: GitCopy,
  source: string,
  target: string,
  force: boolean,
): Promise<void> {
  const refspec = `${force ? '+' : ''}${source}:refs/heads/${target}`
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-gc']
  const result = await gitRaw(['-C', userPath, 'fetch', ...options, dir, refspec], {
    timeoutMs: 600_000,
  })
  if (result.exitCode === 0) return
  const said = result.stderr.toString('utf8').trim()
  if (/checked out|refusing to fetch into/.test(said)) {
    throw new HubError(
      'conflict',
      `branch ${target} is checked out in ${userPath}, so it was left alone`,
      { hint: 'Switch to another branch there and send the same call again.' },
    )
  }
  throw new HubError(
    'conflict',
    `branch ${target} in ${userPath} could not be updated: ${said.slice(0, 500)}`,
  )
}

/** Folders in which a branch of the user's repository is checked out. */
export async function checkoutsOf(userPath: string, branch: string): Promise<string[]> {
  const text = await git(['-C', userPath, 'worktree', 'list', '--porcelain'])
  return text.split('\n\n').flatMap((entry) => {
    const lines = entry.split('\n')
    const path = lines.find((line) => line.startsWith('worktree '))?.slice('worktree '.length)
    return path && lines.includes(`branch refs/heads/${branch}`) ? [path] : []
  })
}

async function fetchUser({ dir, userPath }: GitCopy): Promise<void> {
  const options = ['--quiet', '--prune', '--no-tags', '--no-write-fetch-head']
  const refs = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
  await git(['--git-dir', dir, 'fetch', ...options, userPath, ...refs], { timeoutMs: 600_000 })
}
