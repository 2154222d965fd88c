import type { GitCopy } from '../../git/copy.ts'
import { requireCommit } from '../../git/copy.ts'
import { isAncestor } from '../../git/history.ts'
import { mergedEarlier } from '../merge-plan.ts'
import type { Incoming, ProvidedChange, ProviderContext, Remark } from '../provider.ts'
import { ownNodeIds } from './identities.ts'
import type { PatchRemark } from './patch.ts'
import { patchOf } from './patches.ts'
import type { RadRepository } from './rad-repository.ts'

/** What other keys than this hub's own said of a patch, and what became of it. */
export async function incomingOf(
  ctx: Pick<ProviderContext, 'dataDir'>,
  repository: RadRepository,
  copy: GitCopy,
  change: ProvidedChange,
): Promise<Incoming> {
  if (change.handle === undefined) return { remarks: [] }
  const own = await ownNodeIds(ctx)
  const patch = await patchOf(repository, change.handle)
  const { delegates } = repository
  const { isDraft } = patch
  // The revisions of who proposed it are revisions of the change, and come in as such.
  const proposer = change.isImported ? patch.author : undefined
  const toRemark = ({ id, author, verdict, ...said }: PatchRemark): Remark => ({
    ...said,
    handle: id,
    author: `radicle:${author}`,
    isMaintainer: delegates.includes(author),
    ...(verdict === undefined ? {} : { verdict: verdicts[verdict] }),
  })
  const revisions: PatchRemark[] = patch.revisions
    .filter(({ author }) => author !== proposer)
    .map(({ id, author, head, description }) => ({
      id,
      author,
      revision: change.revisionHandle ?? id,
      body: `Proposed a revision of their own, ${id} at ${head}: ${description}`,
    }))
  const remarks = [...patch.remarks, ...revisions]
    .filter(({ author }) => !own.has(author))
    .map(toRemark)
  const target = await requireCommit(copy, change.target)
  const mergedAs = await mergedEarlier(copy, change, target)
  if (mergedAs !== undefined) {
    const merger = patch.merges.find(({ author }) => !own.has(author))?.author
    const by = merger === undefined ? 'radicle' : `radicle:${merger}`
    return { remarks, isDraft, outcome: { state: 'merged', mergedAs, by } }
  }
  for (const { author, commit } of patch.merges) {
    if (!(await isAncestor(copy, commit, target))) continue // Its delegate's vote alone.
    const by = `radicle:${author}`
    return { remarks, isDraft, outcome: { state: 'merged', mergedAs: commit, by } }
  }
  if (patch.isArchived) return { remarks, outcome: { state: 'closed', by: 'radicle' } }
  return { remarks, isDraft }
}

const verdicts = { accept: 'accept', reject: 'request_changes' } as const
