import type { ConflictFile } from '../../schemas/change.ts'
import { conflictHunks } from '../../schemas/conflict-hunks.ts'
import { HubError } from '../../schemas/errors.ts'
import { markersLeft } from '../checks/conflict-markers.ts'
import { git, gitRaw } from './git.ts'
import type { Merged } from './workspace.ts'

/** A clone, who works in it, and when to stop. */
export type Place = { cwd: string; signal: AbortSignal; name: string; task: string }

const shownFiles = 20

/** Commits everything in a clone and returns the head; a merge under way is completed, once no markers are left. */
export async function commitAll(
  place: Place,
  message: string,
  { checksMarkers = true } = {},
): Promise<{ head: string; committed: boolean }> {
  const theirs = await commitOf(place, 'MERGE_HEAD')
  if (theirs !== undefined && checksMarkers) await refuseMarkers(place, theirs)
  await git(['add', '--all'], place)
  const staged = await gitRaw(['diff', '--cached', '--quiet'], place)
  const committed = staged.exitCode === 1 || theirs !== undefined
  if (committed)
    await git(
      ['commit', '--quiet', '--no-verify', `--message=${message.trim()}\n\nTask: ${place.task}\n`],
      {
        ...place,
        env: identity(place.name),
      },
    )
  return { head: await required(place, 'HEAD'), committed }
}

/** Merges the target branch as the hub has it now, without committing; what comes of it is what branch_update says. */
export async function beginMerge(
  place: Place,
  { target, fetch }: { target: string; fetch(): Promise<void> },
): Promise<Merged & { commit: string }> {
  const begun = await commitOf(place, 'MERGE_HEAD')
  if (begun !== undefined) return mergeUnderWay(place, target, begun)
  await commitAll(place, `Work before merging ${target}`)
  await fetch()
  const theirs = await required(place, `refs/remotes/origin/${target}`)
  const known = await gitRaw(['merge-base', '--is-ancestor', theirs, 'HEAD'], place)
  if (known.exitCode === 0) return { state: 'current', target, commit: theirs, files: [] }
  const merge = ['merge', '--quiet', '--no-commit', '--no-ff', '--no-verify', theirs]
  const { out, err } = await gitRaw(merge, { ...place, env: identity(place.name) })
  if ((await commitOf(place, 'MERGE_HEAD')) !== undefined)
    return mergeUnderWay(place, target, theirs)
  const said = err.trim() || out.trim()
  throw new HubError('conflict', `${theirs} cannot be merged here: ${said.slice(0, 1000)}`)
}

async function mergeUnderWay(
  place: Place,
  target: string,
  theirs: string,
): Promise<Merged & { commit: string }> {
  const { tree, conflicts } = await mergeTree(place, theirs)
  const files: ConflictFile[] = []
  for (const path of conflicts.slice(0, shownFiles)) {
    const { out } = await gitRaw(['cat-file', 'blob', `${tree}:${path}`], place)
    files.push({ path, hunks: conflictHunks(out) })
  }
  const state = files.length > 0 ? 'conflicts' : 'merged'
  return { state, target, commit: theirs, files }
}

/** What the merge under way would be without anybody's hand: the files that conflict, with their markers. */
async function mergeTree(
  place: Place,
  theirs: string,
): Promise<{ tree: string; conflicts: string[] }> {
  const asked = ['merge-tree', '--write-tree', '--name-only', '-z', '--no-messages', 'HEAD', theirs]
  const { exitCode, out, err } = await gitRaw(asked, place)
  if (exitCode === null || exitCode > 1)
    throw new HubError('conflict', `${theirs} cannot be merged here: ${err.trim()}`)
  const [tree = '', ...paths] = out.split('\0')
  return { tree, conflicts: exitCode === 1 ? [...new Set(paths.filter(Boolean))] : [] }
}

async function refuseMarkers(place: Place, theirs: string): Promise<void> {
  const { conflicts } = await mergeTree(place, theirs)
  const left = await markersLeft(
    place.cwd,
    conflicts.map((path) => ({ path })),
  )
  if (left.length === 0) return
  throw new HubError('conflict', `conflict markers are left in ${left.slice(0, 20).join(', ')}`, {
    hint: 'Edit each place between <<<<<<< and >>>>>>> into what it should be, and remove the markers.',
    details: { files: left.slice(0, 100) },
  })
}

const identity = (name: string): Record<string, string> => ({
  GIT_AUTHOR_NAME: name,
  GIT_AUTHOR_EMAIL: `${name}@switchyard.local`,
  GIT_COMMITTER_NAME: name,
  GIT_COMMITTER_EMAIL: `${name}@switchyard.local`,
})

async function commitOf(place: Place, ref: string): Promise<string | undefined> {
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const { exitCode, out } = await gitRaw(asked, place)
  return exitCode === 0 ? out.trim() : undefined
}

async function required(place: Place, ref: string): Promise<string> {
  const commit = await commitOf(place, ref)
  if (commit !== undefined) return commit
  throw new HubError('not_found', `the clone has no ${ref}`, {
    hint: 'The hub shows the branch of the task and its target branch, as far as they exist.',
  })
}
