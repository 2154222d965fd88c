import { HubError } from '../../../../schemas/errors.ts'
import type { GitCopy } from '../../git/copy.ts'
import type { Handles, Proposal, ProviderContext } from '../provider.ts'
import { identityOf } from './identities.ts'
import type { Patch } from './patch.ts'
import { act, patchOf, showPatches } from './patches.ts'
import type { RadRepository } from './rad-repository.ts'
import { branchesOf, push } from './transfer.ts'

/**
 * Opens the patch of a task, or brings the one it has to the proposed commit. The last line of a
 * patch names its task, so that one that a crash kept from being recorded is found.
 */
export async function proposePatch(
  ctx: Pick<ProviderContext, 'dataDir' | 'config' | 'principal'>,
  org: string,
  repository: RadRepository,
  copy: GitCopy,
  proposal: Proposal,
): Promise<Required<Handles>> {
  const id =
    proposal.handle ??
    (await findPatch(repository, proposal.key)) ??
    (await openPatch(repository, copy, proposal))
  const before = await patchOf(repository, id)
  const patch = await reachHead(repository, copy, proposal, id, before)
  const revision = patch.revisions.findLast(({ head }) => head === proposal.head)
  if (!revision) throw new Error(`patch ${id} has no revision at ${proposal.head}`)
  await describe(ctx, org, repository, proposal, { id, patch, revision })
  return { change: id, revision: revision.id }
}

const taskLine = (key: string) => `Task: ${key}`

/** Among the patches whose head this hub pushed; those that are merged have none any more. */
async function findPatch(repository: RadRepository, key: string): Promise<string | undefined> {
  const heads = await branchesOf(repository, repository.me.nid, 'refs/heads/patches/*')
  const ids = [...heads.keys()].map((name) => name.replace('patches/', ''))
  for (let first = 0; first < ids.length; first += 100) {
    const some = ids.slice(first, first + 100)
    // One patch a line, in the order they were asked for.
    const lines = (await showPatches(repository, some)).split('\n')
    const at = lines.findIndex((line) => line.includes(`${taskLine(key)}"`))
    if (at >= 0) return some[at]
  }
  return undefined
}

async function openPatch(
  repository: RadRepository,
  copy: GitCopy,
  { title, key, base, head, target, isDraft }: Proposal,
): Promise<string> {
  const text = await push(repository, copy, `${head}:refs/patches`, [
    `patch.message=${title}`,
    `patch.message=${taskLine(key)}`,
    `patch.base=${base}`,
    ...targetOf(repository, target),
    ...(isDraft ? ['patch.draft'] : []),
  ])
  return found(/Patch ([0-9a-f]{40,64}) (?:opened|drafted)/, text)
}

async function reachHead(
  repository: RadRepository,
  copy: GitCopy,
  { head, base, summary, target }: Proposal,
  id: string,
  patch: Patch,
): Promise<Patch> {
  if (patch.isArchived || patch.merges.length > 0)
    throw new HubError('conflict', `patch ${id} was ${patch.isArchived ? 'archived' : 'merged'}`, {
      hint: 'Submit a new task for what is still missing.',
    })
  if (patch.revisions.some((revision) => revision.head === head)) return patch
  // Forced, because a branch of an agent may be rewritten; earlier revisions keep their commits.
  await push(repository, copy, `+${head}:refs/heads/patches/${id}`, [
    `patch.message=${firstLine(summary) || 'Revised'}`,
    `patch.base=${base}`,
    ...targetOf(repository, target),
  ])
  return patchOf(repository, id)
}

/** Push options hold one line each; what is longer is written to the patch afterwards. */
async function describe(
  ctx: Pick<ProviderContext, 'dataDir' | 'config' | 'principal'>,
  org: string,
  repository: RadRepository,
  { title, body, key, summary, target }: Proposal,
  { id, patch, revision }: { id: string; patch: Patch; revision: Patch['revisions'][number] },
): Promise<void> {
  const [first] = patch.revisions
  const text = [body.trim(), taskLine(key)].filter(Boolean).join('\n\n')
  const wanted = new Map([[id, text]])
  if (revision.id !== id && summary.trim() !== '') wanted.set(revision.id, summary.trim())
  const edits = [...wanted].flatMap(([known, description]) => {
    const shown = patch.revisions.find((one) => one.id === known)
    return shown && shown.description.trim() !== description
      ? [{ type: 'revision.edit', revision: known, description, embeds: [] }]
      : []
  })
  const isDefault = target === repository.defaultBranch
  const goal = isDefault ? 'delegates' : { branch: `refs/heads/${target}` }
  const titles = patch.title === title.trim() ? [] : [{ type: 'edit', title, target: goal }]
  if (edits.length + titles.length === 0) return
  // Only its author may change what a patch says.
  const author = await identityOf(ctx, org, first?.author ?? '')
  await act(repository, author, id, [...titles, ...edits])
}

const targetOf = ({ defaultBranch }: RadRepository, target: string) =>
  target === defaultBranch ? [] : [`patch.target=refs/heads/${target}`]

const firstLine = (text: string) => text.trim().split('\n')[0]?.slice(0, 200) ?? ''

function found(pattern: RegExp, text: string): string {
  const id = pattern.exec(text)?.[1]
  if (id !== undefined) return id
  throw new HubError('conflict', `Radicle did not say which patch it opened: ${text.slice(0, 500)}`)
}
