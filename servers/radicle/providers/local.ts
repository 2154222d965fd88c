import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'
import { git, gitRaw } from '../../kit/git.ts'

/**
 * A bare repository of the hub's own beside the user's. The user's branches are kept under
 * `refs/remotes/origin`, task branches under `refs/heads`; the user's checkout is never worked in.
 */
export type Bare = { dir: string; userPath: string }

// What builds leave behind and nobody means to commit, in repositories that do not ignore it.
const excluded = ['node_modules/', '.venv/', '__pycache__/', '*.pyc', '.pytest_cache/', '']

/** Makes the bare repository when it is missing. A crash half-way leaves nothing behind but a temporary folder. */
export async function ensureBare({ dir, userPath }: Bare): Promise<void> {
  if (await stat(join(dir, 'HEAD')).catch(() => undefined)) return // Missing is the first-use case.
  const temporary = `${dir}.new`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(dirname(dir), { recursive: true })
  await git(['init', '--quiet', '--bare', '--template=', temporary])
  await mkdir(join(temporary, 'info'), { recursive: true })
  await appendFile(join(temporary, 'info', 'exclude'), excluded.join('\n'))
  await fetchUser({ dir: temporary, userPath })
  await rename(temporary, dir)
}

/** Brings the user's branches and tags up to date in the hub's copy. */
export async function fetchUser({ dir, userPath }: Bare): Promise<void> {
  const refs = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
  await git(
    [
      '--git-dir',
      dir,
      'fetch',
      '--quiet',
      '--prune',
      '--no-tags',
      '--no-write-fetch-head',
      userPath,
      ...refs,
    ],
    {
      timeoutMs: 600_000,
    },
  )
}

/** The commit a branch, tag or hash of the user's names, or undefined. */
export async function resolveCommit({ dir }: Bare, ref: string): Promise<string | undefined> {
  for (const candidate of [
    `refs/remotes/origin/${ref}`,
    `refs/heads/${ref}`,
    `refs/tags/${ref}`,
    ref,
  ]) {
    if (candidate.startsWith('-')) continue
    const args = [
      '--git-dir',
      dir,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${candidate}^{commit}`,
    ]
    const result = await gitRaw(args)
    if (result.exitCode === 0) return result.stdout.toString('utf8').trim()
  }
  return undefined
}

/** A worktree on a new branch. Leftovers of an earlier, interrupted try are replaced. */
export async function addWorktree(
  { dir }: Bare,
  options: { path: string; branch: string; base: string },
): Promise<void> {
  const { path, branch, base } = options
  await rm(path, { recursive: true, force: true })
  await git(['--git-dir', dir, 'worktree', 'prune'])
  await git(['--git-dir', dir, 'worktree', 'add', '--quiet', '--force', '-B', branch, path, base], {
    timeoutMs: 600_000,
  })
}

/**
 * Commits everything in a worktree and returns the head; without changes the head stays. The Git
 * folder is named outright, so a `.git` file that the task rewrote leads nowhere.
 */
export async function commitAll(
  { dir }: Bare,
  options: { path: string; name: string; message: string; author: string },
): Promise<{ head: string; committed: boolean }> {
  const { path, name, message, author } = options
  const at = ['--git-dir', join(dir, 'worktrees', name), '--work-tree', path]
  await git([...at, 'add', '--all'], { cwd: path })
  const staged = await gitRaw([...at, 'diff', '--cached', '--quiet'], { cwd: path })
  if (staged.exitCode === 1) {
    const env = { GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: `${author}@switchyard.local` }
    await git([...at, 'commit', '--quiet', '--no-verify', '--file', '-'], {
      cwd: path,
      env,
      input: message,
    })
  }
  const head = (await git([...at, 'rev-parse', 'HEAD'], { cwd: path })).trim()
  return { head, committed: staged.exitCode === 1 }
}

/**
 * Makes a branch of the hub's copy appear in the user's repository. It is fetched there rather than
 * pushed, because a push would run the hooks of the receiving side.
 */
export async function publishBranch(
  { dir, userPath }: Bare,
  source: string,
  target: string,
  force: boolean,
): Promise<void> {
  const refspec = `${force ? '+' : ''}${source}:refs/heads/${target}`
  const args = [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-auto-gc',
    dir,
    refspec,
  ]
  const result = await gitRaw(['-C', userPath, ...args], { timeoutMs: 600_000 })
  if (result.exitCode === 0) return
  const said = result.stderr.toString('utf8').trim()
  if (/checked out|refusing to fetch into/.test(said)) {
    throw new HubError(
      'conflict',
      `branch ${target} is checked out in ${userPath}, so it was left alone`,
      {
        hint: 'Switch to another branch there and send the same call again.',
      },
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
