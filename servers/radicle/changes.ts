import { z } from 'zod'
import {
  Change,
  ChangeComment,
  ChangeReview,
  ChangeState,
  Mergeable,
  Revision,
} from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { CheckResult } from '../../schemas/task.ts'
import { orgFilter } from '../kit/context.ts'
import { findRepository } from '../kit/repositories.ts'
import { defineTool } from '../kit/tool.ts'
import { assessChange, placedComments, shownReview } from './assessment.ts'
import { findChange } from './change-access.ts'
import { makeDraft } from './drafts.ts'
import { copyOf, requireCommit } from './git/copy.ts'
import { diffStat, diffText, mergeBase } from './git/history.ts'
import { assertOpen } from './store/change-state.ts'
import { listChanges, readChangeOf, toChange } from './store/changes.ts'
import { answerComments } from './store/discussion.ts'
import { proposeRevision } from './store/proposed.ts'
import { openWorkspace } from './workspaces.ts'
import { changesText, changeText } from './texts.ts'

const commit = z
  .string()
  .regex(/^[0-9a-f]{40,64}$/, 'expected the whole hash of a commit: 40 to 64 hexadecimal digits')

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
    answers: z
      .array(
        z.strictObject({
          comment: z.int().min(1).describe('Number of the comment'),
          body: z.string().min(1).max(8000).describe('The answer'),
          commit: commit.optional().describe('Commit that settles it'),
        }),
      )
      .max(200)
      .default([])
      .describe('Answers to comments on the revision before'),
    seen: z
      .int()
      .min(0)
      .optional()
      .describe('Number of the last comment or review that was read; default: all'),
    draft: z
      .boolean()
      .optional()
      .describe(
        'true opens it as a draft; false makes one that is a draft ready; default: as it is',
      ),
  },
  output: Change,
  run: async (input, ctx) => {
    const { task, title, body, summary, checks, answers, seen, draft } = input
    const { workspace, repository, provider, copy } = await openWorkspace(ctx, task)
    const known = await readChangeOf(ctx.reader, task)
    if (known) assertOpen(known)
    await provider.refresh()
    const { branch, target } = workspace
    const head = await requireCommit(copy, `refs/heads/${branch}`)
    const base = await mergeBase(copy, await requireCommit(copy, target), head)
    if (base === head) {
      throw new HubError('conflict', `branch ${branch} has nothing that ${target} has not`, {
        hint: 'Commit some work with commit_create first.',
        details: { empty: true },
      })
    }
    const author = ctx.principal.id
    const proposal = { title, body, branch, target }
    const handles = await provider.propose({
      ...proposal,
      key: task,
      summary,
      base,
      head,
      handle: known?.handle ?? undefined,
      isDraft: draft === true,
      by: author,
    })
    const stat = await diffStat(copy, base, head)
    const identified = answers.map((answer) => ({ id: ctx.id('comment'), ...answer }))
    const row = await ctx.transaction(async (tx) => {
      const proposed = await proposeRevision(tx, {
        ...proposal,
        id: ctx.id('change'),
        org: repository.org,
        repo: repository.id,
        task,
        author,
        handle: handles.change,
        seen,
        isDraft: draft === true,
        revision: { head, base, summary, checks, ...stat, handle: handles.revision },
      })
      return answerComments(tx, proposed, identified, { author, kind: ctx.principal.kind })
    })
    if (draft !== false || row.draft === 0) return toChange(row)
    return toChange(await makeDraft(ctx, row, false))
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
    repo: z.string().max(200).optional().describe('Only changes of the repository with this id'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Change),
  text: changesText,
  run: async ({ state, task, repo, org, cursor, limit }, ctx) =>
    listChanges(ctx.reader, {
      filters: { state, task: ctx.principal.task ?? task, repo },
      orgs: orgFilter(ctx, org),
      cursor,
      limit,
    }),
})

export const changeRead = defineTool({
  name: 'change_read',
  title: 'Read a change',
  description:
    'Shows a change with its revisions, checks, comments, reviews, diff, and what keeps it from being merged. Use repo_diff for other comparisons.',
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
    mergeable: Mergeable,
    diff: z.string(),
    truncated: z.boolean().describe('Whether the diff was cut at max_bytes'),
  }),
  text: changeText,
  app: 'change',
  run: async ({ change: id, revision, max_bytes: maxBytes }, ctx) => {
    const row = await findChange(ctx, id)
    const assessment = await assessChange(ctx, row)
    const { revisions, mergeable } = assessment
    const shown =
      revision === undefined
        ? revisions.at(-1)
        : revisions.find(({ number }) => number === revision)
    if (!shown)
      throw new HubError('not_found', `change ${id} has no revision ${revision}`, {
        hint: `It has ${revisions.length}.`,
      })
    const copy = copyOf(ctx, await findRepository(ctx, row.repo))
    const none = { diff: '', truncated: true }
    const diff = maxBytes === 0 ? none : await diffText(copy, shown.base, shown.head, maxBytes)
    const comments = await placedComments(copy, assessment)
    const reviews = assessment.reviews.map((review) => shownReview(review, assessment.policy))
    return { change: toChange(row), revisions, comments, reviews, mergeable, ...diff }
  },
})
