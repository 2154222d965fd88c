import { z } from 'zod'
import { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { findRepository } from '../kit/repositories.ts'
import { recordSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import type { GitCopy } from './git/copy.ts'
import { copyOf, requireCommit } from './git/copy.ts'
import { diffStat, keepRevision, mergeBase } from './git/history.ts'
import type { ChangeProvider, ForeignChange } from './providers/provider.ts'
import { providerOf } from './providers/providers.ts'
import { repoInput } from './repositories.ts'
import type { ChangeRow } from './store/changes.ts'
import { readChangeCalled, readChangeOfBranch, toChange } from './store/changes.ts'
import { followChange, importChange } from './store/proposed.ts'
import { readRevisionHandles } from './store/revisions.ts'
import { changeStateText } from './texts.ts'

const longestTitle = 200
const longestBody = 20_000
/** Of a patch with more, the last ones are taken in. */
const mostRevisions = 50

export const changeImport = defineTool({
  name: 'change_import',
  title: "Take in somebody else's change",
  description:
    'Makes a patch or pull request that others opened, or a branch of a local repository, a change of this hub: to be reviewed, commented on, approved and merged like any other, and followed while it is open. proposal_list names what is open; sent again it returns the same change.',
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  input: {
    repo: repoInput,
    handle: z
      .string()
      .min(1)
      .max(200)
      .describe('`handle` of proposal_list; in local Git the name of a branch'),
    target: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('In local Git: branch it is for; default: the default branch'),
  },
  output: Change,
  text: changeStateText,
  run: async ({ repo, handle, target: wanted }, ctx) => {
    const repository = await findRepository(ctx, repo)
    ctx.ensure('change.import', { org: repository.org })
    const of = { repo: repository.id, handle }
    const known =
      (await readChangeCalled(ctx.reader, of)) ??
      (await readChangeOfBranch(ctx.reader, { repo: repository.id, branch: handle }))
    if (known?.state === 'open') return toChange(known)
    const there = await providerOf(ctx, repository).proposal(handle)
    if (!there)
      throw new HubError(
        'not_found',
        `${repository.path} has no proposal ${JSON.stringify(handle)}`,
        {
          hint:
            repository.provider === 'local'
              ? 'Name a branch; repo_read lists them.'
              : 'proposal_list shows what is open there.',
        },
      )
    if (there.state !== 'open')
      throw new HubError('conflict', `${handle} is ${there.state} where it is kept`, {
        hint: 'Only what is open is taken in.',
      })
    const copy = copyOf(ctx, repository)
    const target = there.target ?? wanted ?? repository.defaultBranch
    const revisions = await revisionsOf(copy, target, there.revisions.slice(-mostRevisions))
    const { author, branch, isDraft = false } = there
    if (revisions.length === 0)
      throw new HubError('conflict', `${handle} has nothing that ${target} has not`)
    const row = await ctx.transaction(async (tx) => {
      const id = ctx.id('change')
      const made = await importChange(tx, {
        ...{ id, org: repository.org, ...of, ...wordsOf(there) },
        ...{ author, branch, target, isDraft, importedBy: ctx.principal.id, revisions },
      })
      // What is done about it later, such as a conflict, is on the authority of who took it in.
      if (made.id === id) await recordSubmitter(tx, id, ctx.principal)
      return made
    })
    return toChange(row)
  },
})

/** Takes in what the author of a change added to it since, before what others say of that. */
export async function followForeign(
  ctx: Context,
  row: ChangeRow,
  { provider, copy }: { provider: ChangeProvider; copy: GitCopy },
): Promise<ChangeRow> {
  const there = row.handle === null ? undefined : await provider.proposal(row.handle)
  if (there?.state !== 'open') return row
  const known = await readRevisionHandles(ctx.reader, row.id)
  const last = there.revisions.at(-1)
  // A branch that was set back is at a head of before, which is what it proposes now.
  const isAhead = (one: ForeignChange['revisions'][number]) =>
    !known.has(one.handle) || (one === last && one.head !== row.head)
  const revisions = await revisionsOf(copy, row.target, there.revisions.filter(isAhead))
  const words = wordsOf(there)
  if (revisions.length === 0 && words.title === row.title && words.body === row.body) return row
  return ctx.transaction((tx) => followChange(tx, row.id, { ...words, revisions }))
}

const wordsOf = ({ title, body, handle }: ForeignChange) => ({
  title: title.trim().slice(0, longestTitle) || handle,
  body: body.slice(0, longestBody),
})

/** Revisions as they are recorded, each kept in the hub's copy: its author may rewrite the branch. */
async function revisionsOf(copy: GitCopy, target: string, revisions: ForeignChange['revisions']) {
  const goal = await requireCommit(copy, target)
  const made = []
  for (const { handle, head, summary } of revisions) {
    const base = await mergeBase(copy, goal, await requireCommit(copy, head))
    if (base === head) continue // It is in the target by now.
    await keepRevision(copy, head)
    const stat = await diffStat(copy, base, head)
    made.push({ handle, head, base, summary: summary.slice(0, 8000), ...stat })
  }
  return made
}
