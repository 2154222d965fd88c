import { HubError } from '../../../schemas/errors.ts'
import type { Commit } from '../../../schemas/repo.ts'
import { git, gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'

export type DiffStat = { filesChanged: number; additions: number; deletions: number }

const plain = ['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames']

/** The unified diff between two commits, cut at a line border when it is larger than `maxBytes`. */
export async function diffText(
  { dir }: GitCopy,
  from: string,
  to: string,
  maxBytes: number,
): Promise<{ diff: string; truncated: boolean }> {
  const result = await gitRaw(['--git-dir', dir, 'diff', ...plain, '--end-of-options', from, to], {
    maxBytes,
  })
  if (result.exitCode !== 0 && !result.truncated) {
    throw new HubError(
      'not_found',
      `cannot compare ${from} with ${to}: ${result.stderr.toString('utf8').trim()}`,
    )
  }
  const text = result.stdout.toString('utf8')
  if (!result.truncated) return { diff: text, truncated: false }
  return { diff: text.slice(0, text.lastIndexOf('\n') + 1), truncated: true }
}

/** The difference between two commits without context, for what moved where; undefined when it is too long. */
export async function diffMoves(
  { dir }: GitCopy,
  from: string,
  to: string,
): Promise<string | undefined> {
  const asked = ['diff', ...plain, '--unified=0', '--src-prefix=a/', '--dst-prefix=b/']
  const result = await gitRaw(['--git-dir', dir, ...asked, '--end-of-options', from, to], {
    maxBytes: 8 * 1024 * 1024,
  })
  return result.exitCode === 0 && !result.truncated ? result.stdout.toString('utf8') : undefined
}

export async function diffStat({ dir }: GitCopy, from: string, to: string): Promise<DiffStat> {
  const text = await git([
    '--git-dir',
    dir,
    'diff',
    ...plain,
    '--numstat',
    '--end-of-options',
    from,
    to,
  ])
  const rows = text.split('\n').filter(Boolean)
  const sum = (column: 0 | 1) =>
    rows.reduce((total, row) => total + (Number(row.split('\t')[column]) || 0), 0)
  return { filesChanged: rows.length, additions: sum(0), deletions: sum(1) }
}

/** Newest first. Fields are separated by characters that no commit message holds. */
export async function readLog(
  { dir }: GitCopy,
  range: string,
  limit: number,
  skip: number,
): Promise<Commit[]> {
  const format = '--format=%H%x1f%an%x1f%ct%x1f%s%x1e'
  const text = await git([
    '--git-dir',
    dir,
    'log',
    format,
    `--max-count=${limit}`,
    `--skip=${skip}`,
    '--end-of-options',
    range,
  ])
  return text
    .split('\x1e')
    .map((record) => record.trim())
    .filter(Boolean)
    .map((record) => {
      const [hash = '', author = '', at = '0', subject = ''] = record.split('\x1f')
      return { hash, author, subject, at: Number(at) * 1000 }
    })
}

export const mergeBase = async ({ dir }: GitCopy, a: string, b: string): Promise<string> =>
  (await git(['--git-dir', dir, 'merge-base', '--end-of-options', a, b])).trim()

export const isAncestor = async (
  { dir }: GitCopy,
  ancestor: string,
  descendant: string,
): Promise<boolean> =>
  (await gitRaw(['--git-dir', dir, 'merge-base', '--is-ancestor', ancestor, descendant]))
    .exitCode === 0

/** Has a commit stay in the copy, whatever its author does with the branch that it was on. */
export const keepRevision = async ({ dir }: GitCopy, head: string): Promise<void> => {
  await git(['--git-dir', dir, 'update-ref', `refs/switchyard/revisions/${head}`, head])
}
