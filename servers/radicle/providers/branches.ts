import { git } from '../../kit/git.ts'
import type { GitCopy } from '../git/copy.ts'
import type { Branch } from './provider.ts'

const format = '%(objectname)%09%(committerdate:unix)'

/** The latest 200 branches of the provider as the hub's copy has them. */
export const copiedBranches = ({ dir }: GitCopy): Promise<Branch[]> =>
  readBranches(['--git-dir', dir], 'refs/remotes/origin', 3)

/** The latest 200 branches of a repository of the user's. */
export const ownBranches = (path: string): Promise<Branch[]> =>
  readBranches(['-C', path], 'refs/heads', 2)

async function readBranches(at: string[], under: string, depth: number): Promise<Branch[]> {
  const shown = `--format=%(refname:lstrip=${depth})%09${format}`
  const args = ['for-each-ref', '--sort=-committerdate', '--count=200', shown, under]
  const text = await git([...at, ...args])
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name = '', head = '', at = '0'] = line.split('\t')
      return { name, head, at: Number(at) * 1000 }
    })
}
