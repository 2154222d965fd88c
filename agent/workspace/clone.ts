import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Principal } from '../../schemas/principal.ts'
import type { Workspace } from '../../schemas/repo.ts'
import { neverCommitted } from '../../schemas/repo.ts'
import type { Lease } from '../lease.ts'
import { beginMerge, commitAll } from './commits.ts'
import type { Place } from './commits.ts'
import { git, gitRaw } from './git.ts'
import { transfer } from './transfer.ts'
import type { TaskWorkspace } from './workspace.ts'

const all = ['+refs/heads/*:refs/remotes/origin/*', '+refs/switchyard/base:refs/switchyard/base']

/**
 * A clone in the folder of the task, for an agent that sees no folder of the hub. One that an attempt
 * before left is gone on with, with all that is uncommitted in it.
 */
export async function openClone(
  lease: Lease,
  { branch, base, target }: Workspace,
  folder: string,
): Promise<TaskWorkspace> {
  const path = join(folder, 'tree')
  const { principal } = await lease.hub.call<{ principal: Pick<Principal, 'id'> }>(
    'whoami',
    {},
    lease,
  )
  const name = principal.id.replace(/[^\w.@-]/g, '-') // As the hub writes it as an author.
  const place: Place = { cwd: path, signal: lease.signal, name, task: lease.task.id }
  const isThere = await stat(join(path, '.git', 'HEAD')).catch(() => undefined) // Missing: the first attempt.
  if (isThere) await goOn(lease, place, branch)
  else await makeClone(lease, place, branch)
  await git(['config', 'user.name', name], place)
  await git(['config', 'user.email', `${name}@switchyard.local`], place)
  const fetch = () => transfer(lease, path, fetchCommand, all)
  return {
    ...{ path, branch, base },
    commit: async (message) => {
      const { head, committed } = await commitAll(place, message)
      await transfer(
        lease,
        path,
        ['push', '--quiet', '--no-verify'],
        [`${head}:refs/heads/${branch}`],
      )
      const taken = { task: lease.task.id, head }
      const patient = { signal: lease.signal, timeoutMs: 600_000 }
      await lease.hub.call('commit_create', taken, patient)
      return { head, committed }
    },
    update: () => beginMerge(place, { target, fetch }),
  }
}

const fetchCommand: ['fetch', ...string[]] = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
]

/** It has its name once it is whole, so that one which a kill cut short is begun anew. */
async function makeClone(lease: Lease, place: Place, branch: string): Promise<void> {
  const made = `${place.cwd}.new`
  await rm(made, { recursive: true, force: true })
  await rm(place.cwd, { recursive: true, force: true })
  await mkdir(made, { recursive: true })
  const at = { ...place, cwd: made }
  await git(['init', '--quiet', '--template=', `--initial-branch=${branch}`], at)
  await mkdir(join(made, '.git', 'info'), { recursive: true })
  await appendFile(join(made, '.git', 'info', 'exclude'), `${neverCommitted.join('\n')}\n`)
  await transfer(lease, made, fetchCommand, all)
  await git(['checkout', '--quiet', '-B', branch, `refs/remotes/origin/${branch}`], at)
  await rename(made, place.cwd)
}

/**
 * Takes up what an attempt before left here. Where the branch went on elsewhere meanwhile, what is here is
 * kept under a ref and the work goes on from there.
 */
async function goOn(lease: Lease, place: Place, branch: string): Promise<void> {
  // Of a Git that was killed; nothing else works here.
  for (const name of ['index.lock', 'HEAD.lock', 'config.lock', `refs/heads/${branch}.lock`])
    await rm(join(place.cwd, '.git', name), { force: true })
  await transfer(lease, place.cwd, fetchCommand, all)
  const there = `refs/remotes/origin/${branch}`
  const isOn = await gitRaw(['merge-base', '--is-ancestor', there, 'HEAD'], place)
  if (isOn.exitCode === 0) return
  const { head } = await commitAll(place, 'Left by an attempt before', { checksMarkers: false })
  await git(['update-ref', `refs/switchyard/left/${head}`, head], place)
  await git(['reset', '--quiet', '--hard', there], place)
  await lease.log.say(
    `the branch went on elsewhere; what was here is kept as refs/switchyard/left/${head.slice(0, 10)}… of the clone`,
  )
}
