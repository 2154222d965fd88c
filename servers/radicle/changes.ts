import { z } from 'zod'
import type { Change as ChangeShape } from '../../schemas/change.ts'
import { Change, ChangeComment, ChangeReview, ChangeState, Revision } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { CheckResult } from '../../schemas/task.ts'
import { orgFilter } from '../kit/context.ts'
import { listNewest } from '../kit/listing.ts'
import { defineTool } from '../kit/tool.ts'
import type { ChangeRow } from './change-rows.ts'
import {
  findChange,
  lastRevision,
  readComments,
  readReviews,
  readRevisions,
  toChange,
  touchChange,
} from './change-rows.ts'
import { diffStat, diffText, mergeBase } from './providers/local-diff.ts'
import { findRepository } from '../kit/repositories.ts'
import { bareOf, freshBare, requireCommit } from './repositories.ts'
import { openWorkspace, publish } from './workspaces.ts'
import { changesText, changeText } from './texts.ts'

export const changeOpen = defineTool({
  name: 'change_open',
  title: 'Open a change',
  description:
    "Proposes what a task committed: publishes its branch and opens the task's change, or adds a revision to the one it has. A task has one change, so sending the call again is safe.",
  effect: 'create',
  scope: 'repo:write',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task whose branch to propose'),
    title: z.string().min(1).max(200).describe('What the change does, in a line'),
    body: z.string().max(20_000).default('').describe('Why and how, for reviewers'),
    summary: z.string().max(8000).default('').describe('What this revision does'),
    checks: z.array(CheckResult).max(50).default([]).describe('Checks that ran on this revision'),
  },
  output: Change,
  run: async ({ task, title, body, summary, checks }, ctx) => {
    const { space } = openWorkspace(ctx, task)
    const repository = findRepository(ctx, space.repo)
    const bare = await freshBare(ctx, repository)
    const head = await requireCommit(bare, `refs/heads/${space.branch}`)
    const target = await requireCommit(bare, space.target)
    const base = await mergeBase(bare, target, head)
    if (base === head) {
      throw new HubError(
        'conflict',
        `branch ${space.branch} has nothing that ${space.target} has not`,
        {
          hint: 'Commit some work with commit_create first.',
        },
      )
    }
    const stat = await diffStat(bare, base, head)
    await publish(bare, space.branch)
    const id = ctx.id('change')
    return ctx.write((tx) => {
      const known = tx.get<ChangeRow>('SELECT * FROM changes WHERE task = :task', { task })
      if (known && known.state !== 'open')
        throw new HubError('conflict', `change ${known.id} is ${known.state}`)
      const last = known && lastRevision(tx, known.id)
      if (known && last?.head === head) return toChange(tx, known)
      const row: ChangeRow = known
        ? { ...known, head, title, body }
        : {
            id,
            org: repository.org,
            repo: repository.id,
            task,
            title,
            body,
            branch: space.branch,
            target: space.target,
            state: 'open',
            head,
            author: ctx.principal.id,
            merged_as: null,
            merged_by: null,
            created_at: tx.now,
            updated_at: tx.now,
          }
      if (!known) tx.insert('changes', row)
      const number = (last?.number ?? 0) + 1
      tx.run(
        `INSERT INTO revisions (change, number, head, base, summary, checks, files_changed, additions, deletions, created_at)
         VALUES (:change, :number, :head, :base, :summary, :checks, :filesChanged, :additions, :deletions, :now)`,
        {
          change: row.id,
          number,
          head,
          base,
          summary,
          checks: JSON.stringify(checks),
          ...stat,
          now: tx.now,
        },
      )
      return toChange(
        tx,
        touchChange(tx, row, known ? 'change.revised' : 'change.opened', { revision: number }),
      )
    })
  },
})

export const changeList = defineTool({
  name: 'change_list',
  title: 'List changes',
  description:
    'Lists proposed changes, newest first. Use change_read for the diff and discussion of one.',
  effect: 'read',
  scope: 'repo:read',
  input: {
    state: ChangeState.optional().describe('Only in this state'),
    task: z.string().max(60).optional().describe('Only the change of this task'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Change),
  text: changesText,
  run: async ({ state, task, org, cursor, limit }, ctx) =>
    listNewest<ChangeRow, ChangeShape>(ctx.store, {
      table: 'changes',
      filters: { state, task: ctx.principal.task ?? task },
      orgs: orgFilter(ctx, org),
      cursor,
      limit,
      toItem: (row) => toChange(ctx.store, row),
    }),
})

export const changeRead = defineTool({
  name: 'change_read',
  title: 'Read a change',
  description:
    'Shows a change with its revisions, checks, comments, reviews and diff. Use repo_diff for other comparisons.',
  effect: 'read',
  scope: 'repo:read',
  input: {
    change: z.string().max(60).describe('Change id'),
    revision: z.int().min(1).optional().describe('Revision to show the diff of; default: the last'),
    max_bytes: z
      .int()
      .min(0)
      .max(1_048_576)
      .default(8192)
      .describe('Most bytes of diff; 0 leaves it out'),
  },
  output: z.object({
    change: Change,
    revisions: z.array(Revision),
    comments: z.array(ChangeComment),
    reviews: z.array(ChangeReview),
    diff: z.string(),
    truncated: z.boolean().describe('Whether the diff was cut at max_bytes'),
  }),
  text: changeText,
  run: async ({ change: id, revision, max_bytes: maxBytes }, ctx) => {
    const row = findChange(ctx, ctx.store, id)
    const revisions = readRevisions(ctx.store, id)
    const shown =
      revision === undefined
        ? revisions.at(-1)
        : revisions.find(({ number }) => number === revision)
    if (!shown)
      throw new HubError('not_found', `change ${id} has no revision ${revision}`, {
        hint: `It has ${revisions.length}.`,
      })
    const bare = bareOf(ctx, findRepository(ctx, row.repo))
    const none = { diff: '', truncated: true }
    const diff = maxBytes === 0 ? none : await diffText(bare, shown.base, shown.head, maxBytes)
    return {
      change: toChange(ctx.store, row),
      revisions,
      comments: readComments(ctx.store, id),
      reviews: readReviews(ctx.store, id),
      ...diff,
    }
  },
})
