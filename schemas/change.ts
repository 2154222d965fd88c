import { z } from 'zod'
import { CheckResult } from './task.ts'

export const ChangeState = z.enum(['open', 'merged', 'closed'])

export const Revision = z.object({
  number: z.int(),
  head: z.string().describe('Commit the revision ends at'),
  base: z.string().describe('Commit it is compared with'),
  summary: z.string(),
  checks: z.array(CheckResult),
  filesChanged: z.int(),
  additions: z.int(),
  deletions: z.int(),
  createdAt: z.int(),
})
export type Revision = z.infer<typeof Revision>

/** Which text a line number counts in: the new version of the file, or the one it is compared with. */
export const CommentSide = z.enum(['new', 'old'])
export type CommentSide = z.infer<typeof CommentSide>

/** Whether a comment asks for work; one that does not is a remark. */
export const Resolve = z.enum(['required', 'optional'])

/** Where a line is in another revision: its file may have another name, the line another number. */
export const CommentPlace = z.union([
  z.object({ path: z.string(), line: z.int().optional() }),
  z.literal('gone'),
])
export type CommentPlace = z.infer<typeof CommentPlace>

export const ChangeComment = z.object({
  id: z.string(),
  number: z.int().describe('Counted within the change, together with its reviews'),
  revision: z.int(),
  author: z.string(),
  body: z.string(),
  path: z.string().optional(),
  line: z.int().optional(),
  side: CommentSide.optional().describe('Default: new'),
  resolve: Resolve.optional().describe('Whether it asks for work'),
  state: z.enum(['open', 'addressed', 'resolved']),
  addressedIn: z
    .object({ commit: z.string(), revision: z.int() })
    .optional()
    .describe('What settles it, as its author says'),
  replyTo: z.string().optional().describe('Id of the comment it answers'),
  review: z.string().optional().describe('Id of the review it is part of'),
  place: CommentPlace.optional().describe('Where its line is in the last revision'),
  createdAt: z.int(),
})
export type ChangeComment = z.infer<typeof ChangeComment>

export const Verdict = z.enum(['accept', 'request_changes'])

export const ChangeReview = z.object({
  id: z.string(),
  number: z.int().describe('Counted within the change, together with its comments'),
  revision: z.int(),
  reviewer: z.string(),
  verdict: Verdict,
  body: z.string(),
  counts: z.boolean().describe('Whether its approval counts by the policy of the org'),
  uncounted: z.string().optional().describe('Why it does not count'),
  createdAt: z.int(),
})
export type ChangeReview = z.infer<typeof ChangeReview>

/** A file that two sides changed in the same place, with the first of those places. */
export const ConflictFile = z.object({
  path: z.string(),
  hunks: z
    .array(z.string())
    .describe('Both sides, between conflict markers; none where it has no text'),
})
export type ConflictFile = z.infer<typeof ConflictFile>

/** The commit of the target that a change conflicts with, and where. */
export const Conflict = z.object({ target: z.string(), files: z.array(ConflictFile) })
export type Conflict = z.infer<typeof Conflict>

/** Whether a change may be merged now, and what speaks against it. */
export const Mergeable = z.object({
  ready: z.boolean(),
  approvals: z.int().describe('Approvals of the last revision that count'),
  required: z.int().optional(),
  reasons: z.array(
    z.object({
      code: z.enum([
        'not_open',
        'draft',
        'approvals_missing',
        'changes_requested',
        'comments_open',
        'checks_failed',
        'conflict',
        'target_moved',
        'merge_unchecked',
      ]),
      message: z.string(),
      blocks: z.boolean().describe('Whether it keeps the change from being merged'),
    }),
  ),
})
export type Mergeable = z.infer<typeof Mergeable>

/** A proposed patch: revisions of one branch, with discussion, reviews and checks. */
export const Change = z.object({
  id: z.string(),
  org: z.string(),
  repo: z.string(),
  task: z.string().optional(),
  title: z.string(),
  body: z.string(),
  branch: z.string(),
  target: z.string(),
  state: ChangeState,
  head: z.string(),
  author: z
    .string()
    .describe('Who proposed it; of one that was taken in, as its provider names them'),
  draft: z.boolean().optional().describe('Whether it is a draft: neither reviewed nor merged yet'),
  importedBy: z.string().optional().describe('Who took it in; without it, it is of this hub'),
  revisions: z.int(),
  mergedAs: z.string().optional().describe('Commit on the target that carries the change'),
  mergedBy: z.string().optional(),
  waiting: z.string().optional().describe('Why it waits for a person'),
  conflict: Conflict.optional().describe(
    'Conflict with the target that its next revision resolves',
  ),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Change = z.infer<typeof Change>
