import { z } from 'zod'
import { Principal } from './principal.ts'

/** What waits for the answer: a task or a plan whose question it is, or a call that may run only then. */
export const ApprovalKind = z.enum(['question', 'call'])
export type ApprovalKind = z.infer<typeof ApprovalKind>

export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'expired', 'void'])
export type ApprovalState = z.infer<typeof ApprovalState>

/** How far a yes reaches: this call, calls of that tool by the same task, or by such callers always. */
export const ApprovalScope = z.enum(['once', 'task', 'rule'])
export type ApprovalScope = z.infer<typeof ApprovalScope>

/** What came of a call; `unknown` where the answer was lost. */
export const CallOutcome = z.enum(['ok', 'failed', 'denied', 'canceled', 'unknown'])
export type CallOutcome = z.infer<typeof CallOutcome>

/** A durable question to a person, with the full arguments, answered once. */
export const Approval = z.object({
  id: z.string(),
  org: z.string(),
  kind: ApprovalKind,
  task: z.string().optional(),
  subject: z.string().optional().describe('What else the question is about, such as a plan'),
  tool: z.string().optional().describe('Tool whose call is held'),
  question: z.string(),
  details: z.record(z.string(), z.unknown()),
  state: ApprovalState,
  askedBy: z.string(),
  askedAt: z.int(),
  expiresAt: z.int().optional().describe('After this no answer is taken'),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
  scope: ApprovalScope.optional().describe('How far the yes reaches'),
  decidedAt: z.int().optional(),
  outcome: CallOutcome.optional().describe('What the approved call came to'),
  failure: z.string().optional().describe('Why the approved call failed'),
})
export type Approval = z.infer<typeof Approval>

/** A yes that stands: calls that it covers are not asked about until it ends. */
export const ApprovalGrant = z.object({
  id: z.string(),
  org: z.string(),
  tool: z.string(),
  kind: Principal.shape.kind.describe('Kind of the callers'),
  principal: z.string().optional().describe('The only caller'),
  task: z.string().optional().describe('The only task; the grant ends with it'),
  approval: z.string().describe('Approval that it was given with'),
  givenBy: z.string(),
  givenAt: z.int(),
  expiresAt: z.int().optional(),
})
export type ApprovalGrant = z.infer<typeof ApprovalGrant>
