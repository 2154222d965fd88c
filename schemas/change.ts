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

export const ChangeComment = z.object({
  id: z.string(),
  revision: z.int(),
  author: z.string(),
  body: z.string(),
  path: z.string().optional(),
  line: z.int().optional(),
  createdAt: z.int(),
})
export type ChangeComment = z.infer<typeof ChangeComment>

export const Verdict = z.enum(['accept', 'request_changes'])

export const ChangeReview = z.object({
  id: z.string(),
  revision: z.int(),
  reviewer: z.string(),
  verdict: Verdict,
  body: z.string(),
  createdAt: z.int(),
})
export type ChangeReview = z.infer<typeof ChangeReview>

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
  author: z.string(),
  revisions: z.int(),
  mergedAs: z.string().optional().describe('Commit on the target that carries the change'),
  mergedBy: z.string().optional(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Change = z.infer<typeof Change>
