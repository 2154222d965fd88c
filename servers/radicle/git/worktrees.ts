import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'
import { git, gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'
import { isAncestor } from './history.ts'
import { mergeTree } from './merge-tree.ts'

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

/** A worktree and the name of Git's own record of it. */
type Place = { path: string; name: string }
type Words = { message: string; author: string }

/**
 * Commits everything in a worktree and returns the head; without changes the head stays, unless a merge
 * is under way, which is then completed. The Git folder is named outright, so a `.git` file that the
 * task rewrote leads nowhere.
 */
export async function commitAll(
  copy: GitCopy,
  { path, name, message, author }: Place & Words,
): Promise<{ head: string; committed: boolean }> {
  const at = within(copy, { path, name })
  await git([...at, 'add', '--all'], { cwd: path })
  const merged = await mergeUnderWay(copy, { path, name })
  if (merged) await refuseMarkers(copy, { path, name }, merged)
  const staged = await gitRaw([...at, 'diff', '--cached', '--quiet'], { cwd: path })
  const committed = staged.exitCode === 1 || merged !== undefined
  if (committed) {
    const env = { GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: `${author}@switchyard.local` }
    await git([...at, 'commit', '--quiet', '--no-verify', '--file', '-'], {
      cwd: path,
      env,
      input: message,
    })
  }
  return { head: await headOf(copy, { path, name }), committed }
}

/**
 * Begins to merge a commit into a worktree and leaves conflicts there between markers; the next commit
 * completes it. Returns both sides of the merge, also when it was begun before, or undefined when the
 * commit is in the branch already.
 */
export async function beginMerge(
  copy: GitCopy,
  { path, name, commit, message, author }: Place & Words & { commit: string },
): Promise<{ ours: string; theirs: string } | undefined> {
  const begun = await mergeUnderWay(copy, { path, name })
  if (begun) return { ours: await headOf(copy, { path, name }), theirs: begun }
  // What an interrupted attempt left would stand in the way of the merge.
  const { head } = await commitAll(copy, { path, name, message, author })
  if (await isAncestor(copy, commit, head)) return undefined
  const at = within(copy, { path, name })
  const merge = ['merge', '--quiet', '--no-commit', '--no-ff', '--no-verify', commit]
  const result = await gitRaw([...at, ...merge], { cwd: path, timeoutMs: 600_000 })
  if (await mergeUnderWay(copy, { path, name })) return { ours: head, theirs: commit }
  const said = result.stderr.toString('utf8').trim() || result.stdout.toString('utf8').trim()
  throw new HubError('conflict', `${commit} cannot be merged here: ${said.slice(0, 1000)}`)
}

/**
 * Brings a worktree and its branch to a commit. What an attempt left there without committing it would be
 * overwritten, so it is kept under a ref.
 */
export async function moveWorktree(copy: GitCopy, place: Place, commit: string): Promise<void> {
  const at = within(copy, place)
  const inPlace = { cwd: place.path }
  await git([...at, 'add', '--all'], inPlace)
  const tree = (await git([...at, 'write-tree'], inPlace)).trim()
  if (tree !== (await git([...at, 'rev-parse', 'HEAD^{tree}'], inPlace)).trim()) {
    const message = `Left uncommitted by an attempt before\n\nTask: ${place.name}\n`
    const made = ['commit-tree', tree, '-p', 'HEAD', '-F', '-']
    const left = (await git([...at, ...made], { ...inPlace, input: message })).trim()
    await git([...at, 'update-ref', `refs/switchyard/left/${place.name}/${left}`, left], inPlace)
  }
  await git([...at, 'reset', '--quiet', '--hard', commit], { ...inPlace, timeoutMs: 600_000 })
}

/** The commit that a merge brings in which is begun and not committed. */
async function mergeUnderWay(copy: GitCopy, place: Place): Promise<string | undefined> {
  const wanted = ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD']
  const result = await gitRaw([...within(copy, place), ...wanted], { cwd: place.path })
  return result.exitCode === 0 ? result.stdout.toString('utf8').trim() : undefined
}

/** A conflict is resolved when its files have no markers left. Other files may well have lines like them. */
async function refuseMarkers(copy: GitCopy, place: Place, theirs: string): Promise<void> {
  const { conflicts } = await mergeTree(copy, await headOf(copy, place), theirs)
  if (conflicts.length === 0) return
  const search = ['grep', '--cached', '-l', '-z', '-I', '-E', '^(<{7}|>{7}) ']
  const result = await gitRaw([...within(copy, place), ...search], { cwd: place.path })
  const marked = new Set(result.stdout.toString('utf8').split('\0'))
  const left = conflicts.filter((path) => marked.has(path))
  if (left.length === 0) return
  throw new HubError('conflict', `conflict markers are left in ${left.slice(0, 20).join(', ')}`, {
    hint: 'Edit each place between <<<<<<< and >>>>>>> into what it should be, and remove the markers.',
    details: { files: left.slice(0, 100) },
  })
}

const headOf = async (copy: GitCopy, place: Place): Promise<string> =>
  (await git([...within(copy, place), 'rev-parse', 'HEAD'], { cwd: place.path })).trim()

const within = ({ dir }: GitCopy, { path, name }: Place): string[] => [
  '--git-dir',
  join(dir, 'worktrees', name),
  '--work-tree',
  path,
]
