import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { git, gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'

/** A worktree on a new branch. Leftovers of an earlier, interrupted try are replaced. */
export async function addWorktree(
  { dir }: GitCopy,
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
  { dir }: GitCopy,
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
