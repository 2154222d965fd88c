import { HubError } from '../../../../schemas/errors.ts'
import type { GitCopy } from '../../git/copy.ts'
import { requireCommit } from '../../git/copy.ts'
import { isAncestor } from '../../git/history.ts'
import { commitFor, mergedEarlier } from '../merge-plan.ts'
import type { MergeOptions, ProvidedChange } from '../provider.ts'
import { act, patchOf } from './patches.ts'
import type { RadRepository } from './rad-repository.ts'
import { branchesOf, fetchCanonical, push } from './transfer.ts'

/**
 * Pushes the merge as this hub's vote. The branch itself moves once enough delegates have pushed the
 * same commit, so a vote may leave it where it is: the call says who is missing, and sent again
 * after they pushed, it finds the merge.
 */
export async function mergePatch(
  repository: RadRepository,
  copy: GitCopy,
  change: ProvidedChange,
  options: MergeOptions,
): Promise<string> {
  const { target: branch } = change
  await fetchCanonical(repository, copy)
  const target = await requireCommit(copy, branch)
  const done = await mergedEarlier(copy, change, target)
  const commit = done ?? (await commitFor(copy, change, options, target))
  if (!done) {
    requireVote(repository, branch)
    // Forced: it replaces an earlier vote of ours, for a merge onto a commit of before.
    await push(repository, copy, `+${commit}:refs/heads/${branch}`)
    await fetchCanonical(repository, copy)
    if (!(await isAncestor(copy, commit, await requireCommit(copy, branch))))
      throw await undecided(repository, branch, commit)
  }
  await noteMerge(repository, change, commit)
  return commit
}

function requireVote({ me, rid, quorumOf }: RadRepository, branch: string): void {
  const { nodes } = quorumOf(branch)
  if (nodes.includes(me.nid)) return
  throw new HubError(
    'conflict',
    `this hub (did:key:${me.nid}) is no delegate of ${rid}, so it cannot move ${branch}`,
    {
      hint: `A delegate merges the patch with \`rad patch checkout\` and \`git push rad ${branch}\`, and the same call then finds it; or they make the hub one with \`rad id update --title "Add the hub" --delegate did:key:${me.nid}\`.`,
      details: { missing: nodes },
    },
  )
}

async function undecided(
  repository: RadRepository,
  branch: string,
  commit: string,
): Promise<HubError> {
  const { me, rid, quorumOf } = repository
  const { nodes, threshold } = quorumOf(branch)
  const missing: string[] = []
  for (const node of nodes) {
    const heads = await branchesOf(repository, node, `refs/heads/${branch}`)
    if (heads.get(branch) !== commit) missing.push(node)
  }
  const votes = nodes.length - missing.length
  return new HubError(
    'conflict',
    `${branch} of ${rid} moves when ${threshold} of its ${nodes.length} delegates push the same commit; ${votes} did. Missing: ${missing.map((node) => `did:key:${node}`).join(', ')}`,
    {
      hint: `They run \`git fetch ${rid.replace('rad:', 'rad://')}/${me.nid} ${branch} && git merge --ff-only FETCH_HEAD && git push rad ${branch}\`; then send the same call again.`,
      details: { missing, threshold, commit },
    },
  )
}

/** Radicle notes a merge that holds the patch's own commit; of a squashed one it has to be told. */
async function noteMerge(
  repository: RadRepository,
  { handle, revisionHandle }: ProvidedChange,
  commit: string,
): Promise<void> {
  if (handle === undefined || revisionHandle === undefined) return
  const { me, delegates } = repository
  const patch = await patchOf(repository, handle)
  if (patch.merges.length > 0 || !delegates.includes(me.nid)) return
  await act(repository, me, handle, [{ type: 'merge', revision: revisionHandle, commit }])
}
