import { hash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Workspace } from '../../../schemas/repo.ts'
import type { Context } from '../../kit/context.ts'
import { commitAt, git, gitRaw } from '../../kit/git.ts'
import { withLock } from '../../kit/locks.ts'
import type { GitCopy } from './copy.ts'

/**
 * The Git repository that the agent of one task fetches from and pushes to over HTTP. It has the task's
 * branch, the commit that it began at and its target branch, and no object that none of them leads to: a
 * hash alone opens nothing of other branches, whatever Git's protocols let a client ask for. What target
 * branches lead to is kept once for each of them.
 */
export type Exchange = { dir: string; shared: string; branch: string }

export function exchangeOf(
  { dataDir }: Pick<Context, 'dataDir'>,
  { repo, task, target, branch }: Omit<Workspace, 'path' | 'base'>,
): Exchange {
  const root = join(dataDir, 'exchange', repo)
  const shared = join(root, `target-${hash('sha256', target).slice(0, 16)}.git`)
  return { dir: join(root, `${task}.git`), shared, branch }
}

const cutMs = 2 * 3_600_000

/** Where the branch is in the hub's copy; what was pushed and not taken yet is not there. */
export const taken = 'refs/switchyard/taken'

/**
 * Brings an exchange, made when it is missing, up to date with the hub's copy. What was pushed and not
 * taken yet stays, unless the branch went on without it.
 */
export const refreshExchange = (
  copy: GitCopy,
  exchange: Exchange,
  { target, base }: Pick<Workspace, 'target' | 'base'>,
): Promise<void> =>
  withLock(exchange.shared, async () => {
    const { dir, shared, branch } = exchange
    await ensureBare(shared)
    const from = `refs/remotes/origin/${target}`
    const hasTarget = (await commitOf(copy.dir, from)) !== undefined
    if (hasTarget) await fetch(shared, copy.dir, [`+${from}:refs/heads/${target}`])
    await ensureBare(dir, shared)
    await git(['--git-dir', dir, 'symbolic-ref', 'HEAD', `refs/heads/${branch}`])
    const own = [`+refs/heads/${branch}:${taken}`, `+${base}:refs/switchyard/base`]
    await fetch(dir, copy.dir, own)
    if (hasTarget) await fetch(dir, shared, [`+refs/heads/${target}:refs/heads/${target}`])
    await placeBranch(dir, `refs/heads/${branch}`)
    await removeCut(join(dir, 'objects'))
  })

export const removeExchange = ({ dir, shared }: Exchange): Promise<void> =>
  withLock(shared, () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))

/** The commit at the tip of what was pushed. */
export const pushedHead = ({ dir, branch }: Exchange): Promise<string | undefined> =>
  commitOf(dir, `refs/heads/${branch}`)

/** The commit that a ref or a hash names in a bare repository. */
export const commitOf = (dir: string, ref: string): Promise<string | undefined> =>
  commitAt(['--git-dir', dir], ref)

async function placeBranch(dir: string, branch: string): Promise<void> {
  const [ours, pushed] = [await commitOf(dir, taken), await commitOf(dir, branch)]
  if (ours === undefined || ours === pushed) return
  const goesOn = ['--git-dir', dir, 'merge-base', '--is-ancestor', ours, pushed ?? '']
  if (pushed !== undefined && (await gitRaw(goesOn)).exitCode === 0) return
  // With the old value, so that a push which comes in between is refused here and not lost.
  await git(['--git-dir', dir, 'update-ref', branch, ours, pushed ?? '0'.repeat(ours.length)])
}

/** Removes what a push left that was killed too hard to do so itself. */
async function removeCut(objects: string): Promise<void> {
  for (const name of await readdir(objects)) {
    if (!name.includes('incoming-')) continue
    const path = join(objects, name)
    const found = await stat(path).catch(() => undefined) // That push is over.
    if (found && Date.now() - found.mtimeMs > cutMs)
      await rm(path, { recursive: true, force: true })
  }
}

/** Makes a bare repository; a crash half-way leaves nothing but a temporary folder. */
async function ensureBare(dir: string, alternate?: string): Promise<void> {
  if (await stat(join(dir, 'HEAD')).catch(() => undefined)) return // Missing is the first-use case.
  const made = `${dir}.new`
  await rm(made, { recursive: true, force: true })
  await mkdir(join(dir, '..'), { recursive: true, mode: 0o700 })
  await git(['init', '--quiet', '--bare', '--template=', made])
  if (alternate !== undefined) {
    await mkdir(join(made, 'objects', 'info'), { recursive: true })
    await writeFile(join(made, 'objects', 'info', 'alternates'), `${join(alternate, 'objects')}\n`)
  }
  await rename(made, dir)
}

const fetch = (dir: string, from: string, refs: string[]): Promise<string> =>
  git(['--git-dir', dir, 'fetch', '--quiet', '--no-tags', '--no-write-fetch-head', from, ...refs], {
    timeoutMs: 600_000,
  })
