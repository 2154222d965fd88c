import { HubError } from '../../../../schemas/errors.ts'
import { withLock } from '../../../kit/locks.ts'
import type { RunResult } from '../../../kit/run.ts'
import type { GitCopy } from '../../git/copy.ts'
import { ensureCopy } from '../../git/copy.ts'
import { gitWithRad, said } from './rad.ts'
import type { RadRepository } from './rad-repository.ts'

/** Brings canonical branches and tags up to date in the hub's copy; heads of patches are left out. */
export async function fetchCanonical({ me, rid }: RadRepository, copy: GitCopy): Promise<void> {
  const fetch = async ({ dir }: GitCopy) => {
    const options = ['--quiet', '--prune', '--no-tags', '--no-write-fetch-head']
    const branches = ['+refs/heads/*:refs/remotes/origin/*', '^refs/heads/patches/*']
    const refs = [...branches, '+refs/tags/*:refs/tags/*']
    const args = ['--git-dir', dir, 'fetch', ...options, addressOf(rid), ...refs]
    succeed(await gitWithRad(me.env, args), `${rid} could not be read`)
  }
  await ensureCopy(copy, fetch)
  await fetch(copy)
}

/** Pushes under the identity's own namespace and returns what Radicle said. */
export async function push(
  { me, rid }: RadRepository,
  copy: GitCopy,
  refspec: string,
  options: string[] = [],
): Promise<string> {
  const args = [...options, 'no-sync'].flatMap((option) => ['-o', option])
  const address = `${addressOf(rid)}/${me.nid}`
  return withLock(`rad ${me.nid} ${rid}`, async () => {
    const result = await gitWithRad(me.env, [
      '--git-dir',
      copy.dir,
      'push',
      ...args,
      address,
      refspec,
    ])
    return succeed(result, `${refspec.split(':')[1]} of ${rid} was refused`)
  })
}

/** Heads of the branches of a node, by name. */
export async function branchesOf(
  { me, rid }: RadRepository,
  node: string,
  pattern: string,
): Promise<Map<string, string>> {
  const result = await gitWithRad(me.env, ['ls-remote', `${addressOf(rid)}/${node}`, pattern])
  if (result.exitCode !== 0) return new Map() // A node of which nothing is here has no branches.
  const rows = result.stdout.toString('utf8').trim().split('\n').filter(Boolean)
  return new Map(
    rows.map((row) => {
      const [head = '', ref = ''] = row.split('\t')
      return [ref.replace('refs/heads/', ''), head]
    }),
  )
}

const addressOf = (rid: string) => rid.replace('rad:', 'rad://')

function succeed(result: RunResult, what: string): string {
  if (result.exitCode === 0) return result.stderr.toString('utf8')
  throw new HubError('conflict', `${what}: ${said(result)}`)
}
