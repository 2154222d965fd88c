import type { ConflictFile } from '../../../schemas/change.ts'
import { conflictHunks } from '../../../schemas/conflict-hunks.ts'
import { HubError } from '../../../schemas/errors.ts'
import { gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'

const shownFiles = 20

/** What comes of merging two commits, without touching any checkout. Conflicts are in its files, between markers. */
export async function mergeTree(
  { dir }: GitCopy,
  ours: string,
  theirs: string,
): Promise<{ tree: string; conflicts: string[] }> {
  const merged = await gitRaw([
    '--git-dir',
    dir,
    'merge-tree',
    '--write-tree',
    '--name-only',
    '-z',
    '--no-messages',
    ours,
    theirs,
  ])
  // One is a conflict; anything above is a failure, such as histories with nothing in common.
  if (merged.exitCode === null || merged.exitCode > 1) {
    throw new HubError(
      'conflict',
      `${theirs} cannot be merged with ${ours}: ${merged.stderr.toString('utf8').trim()}`,
    )
  }
  const [tree = '', ...paths] = merged.stdout.toString('utf8').split('\0')
  const conflicts = merged.exitCode === 1 ? [...new Set(paths.filter(Boolean))] : []
  return { tree, conflicts }
}

/** The files of a merge that conflict, the first of them with the places where they do. */
export async function conflictFiles(
  copy: GitCopy,
  { tree, conflicts }: { tree: string; conflicts: string[] },
): Promise<ConflictFile[]> {
  const files: ConflictFile[] = []
  for (const path of conflicts.slice(0, shownFiles)) {
    const text = await gitRaw(['--git-dir', copy.dir, 'cat-file', 'blob', `${tree}:${path}`], {
      maxBytes: 1_048_576,
    })
    files.push({ path, hunks: conflictHunks(text.stdout.toString('utf8')) })
  }
  return files
}
