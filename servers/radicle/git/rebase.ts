import { git } from '../../kit/git.ts'
import type { GitCopy } from './copy.ts'
import { gitDate } from './merge-commit.ts'
import { mergeTree } from './merge-tree.ts'

type Replay = { target: string; base: string; head: string; trailer: string; at: number }

/**
 * The last of the commits from `base` to `head` made anew on top of `target`, each with its author and
 * message, without touching any checkout; its message ends with the trailer. Undefined where that
 * cannot be: a commit alone conflicts, or one is a merge, whose resolution would be lost.
 */
export async function rebasedHead(
  copy: GitCopy,
  { target, base, head, trailer, at }: Replay,
): Promise<string | undefined> {
  const { dir } = copy
  const range = ['rev-list', '--reverse', '--topo-order', '--parents', `${base}..${head}`]
  const lines = (await git(['--git-dir', dir, ...range])).split('\n').filter(Boolean)
  const commits = lines.map((line) => line.split(' '))
  if (commits.some(({ length }) => length > 2)) return undefined
  let onto = target
  for (const [commit = '', parent = ''] of commits) {
    // A commit with the tree of where it goes and the parent of where it was: merged with it, what is
    // replayed brings just its own difference.
    const place = await git(['--git-dir', dir, 'commit-tree', `${onto}^{tree}`, '-p', parent], {
      env: dates(at),
      input: 'place',
    })
    const { tree, conflicts } = await mergeTree(copy, place.trim(), commit)
    if (conflicts.length > 0) return undefined
    onto = await replay(copy, { commit, tree, onto, at, trailer: commit === head ? trailer : '' })
  }
  return onto
}

async function replay(
  { dir }: GitCopy,
  {
    commit,
    tree,
    onto,
    at,
    trailer,
  }: Record<'commit' | 'tree' | 'onto' | 'trailer', string> & {
    at: number
  },
): Promise<string> {
  const format = '--format=%an%x00%ae%x00%at%x00%B'
  const shown = await git(['--git-dir', dir, 'log', '--max-count=1', format, commit])
  const [name = '', email = '', authoredAt = '0', message = ''] = shown.split('\0')
  const env = {
    ...dates(at),
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: `${authoredAt} +0000`,
  }
  const input = trailer === '' ? message : `${message.trimEnd()}\n${trailer}\n`
  return (
    await git(['--git-dir', dir, 'commit-tree', tree, '-p', onto, '-F', '-'], { env, input })
  ).trim()
}

const dates = (at: number) => ({ GIT_AUTHOR_DATE: gitDate(at), GIT_COMMITTER_DATE: gitDate(at) })
