import { stat } from 'node:fs/promises'
import { HubError } from '../../../schemas/errors.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import { git, gitRaw } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'
import { authorName } from './copy.ts'
import type { Exchange } from './exchange.ts'
import { commitOf, taken } from './exchange.ts'
import { isAncestor } from './history.ts'
import { moveWorktree } from './worktrees.ts'

/** A commit, and who may have made what it brings; the last is who has it taken. */
type Pushed = { head: string; authors: string[] }

/**
 * Moves a task's branch, and its worktree with it, to a commit that was pushed. A commit that the branch
 * has already moves nothing, so that an interrupted call can be sent again.
 */
export async function takePushed(
  copy: GitCopy,
  exchange: Exchange,
  { workspace, head, authors }: { workspace: Workspace } & Pushed,
): Promise<{ head: string; committed: boolean }> {
  const { branch, base, target, path, task } = workspace
  const present = await commitOf(copy.dir, `refs/heads/${branch}`)
  if (present !== undefined && (await isAncestor(copy, head, present)))
    return { head: present, committed: false }
  const pushed: GitCopy = { ...copy, dir: exchange.dir }
  if ((await commitOf(exchange.dir, head)) !== head)
    throw new HubError('not_found', `commit ${head} was not pushed for ${task}`, {
      hint: `Push it to refs/heads/${branch} at /git/${task} first.`,
    })
  if (!(await isAncestor(pushed, base, head)))
    throw new HubError(
      'conflict',
      `commit ${head} does not descend from ${base}, where the branch of ${task} began`,
      { hint: 'Fetch the branch and commit on top of it.' },
    )
  await assertAuthors(copy, pushed, { head, base, target, authors })
  const kept = `refs/switchyard/pushed/${task}`
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head']
  await git(['--git-dir', copy.dir, 'fetch', ...options, exchange.dir, `+${head}:${kept}`], {
    timeoutMs: 600_000,
  })
  if (await stat(path).catch(() => undefined)) await moveWorktree(copy, { path, name: task }, head)
  else await git(['--git-dir', copy.dir, 'update-ref', `refs/heads/${branch}`, head]) // Made anew when needed.
  return { head, committed: true }
}

/**
 * The commits that the hub does not know yet say who made them: an agent of the task, or who has them taken. What comes from
 * the target branch was made by anybody, and is known.
 */
async function assertAuthors(
  copy: GitCopy,
  pushed: GitCopy,
  { head, base, target, authors }: Pick<Workspace, 'base' | 'target'> & Pushed,
): Promise<void> {
  const names = authors.map(authorName)
  const allowed = new Set(names.map((name) => `${name}@switchyard.local`))
  const known = [base, taken, `refs/heads/${target}`]
  const there = await Promise.all(known.map((ref) => commitOf(pushed.dir, ref)))
  const without = there.flatMap((commit) => (commit === undefined ? [] : [`^${commit}`]))
  const listed = await gitRaw(['--git-dir', pushed.dir, 'log', '--format=%H %ae', head, ...without])
  if (listed.exitCode !== 0 || listed.truncated)
    throw new HubError('exhausted', `${head} brings more commits than can be looked at`, {
      hint: 'Push fewer commits on top of the branch.',
    })
  const rows = listed.stdout.toString('utf8').split('\n').filter(Boolean)
  const foreign = rows.map((row) => row.split(' ')).filter(([, email = '']) => !allowed.has(email))
  // What a target branch had before it was rewritten is known as well.
  const unknown = await missingIn(
    copy,
    foreign.map(([commit = '']) => commit),
  )
  const [commit, email] = foreign.find(([hash = '']) => unknown.has(hash)) ?? []
  if (commit === undefined) return
  throw new HubError(
    'invalid',
    `commit ${commit} says that ${email || 'nobody'} made it, who has not worked on it`,
    { hint: `Commit as ${names.at(-1)} <${names.at(-1)}@switchyard.local>.` },
  )
}

async function missingIn({ dir }: GitCopy, commits: string[]): Promise<Set<string>> {
  if (commits.length === 0) return new Set()
  const asked = ['--git-dir', dir, 'cat-file', '--batch-check']
  const said = await git(asked, { input: `${commits.join('\n')}\n` })
  const lines = said.split('\n').filter((line) => line.endsWith(' missing'))
  return new Set(lines.map((line) => line.split(' ')[0] ?? ''))
}
