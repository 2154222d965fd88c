import { z } from 'zod'

/** What waits for the answer: a task whose agent asked, or a call that may run only then. */
export const ApprovalKind = z.enum(['question', 'call'])
export type ApprovalKind = z.infer<typeof ApprovalKind>

export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'void'])
export type ApprovalState = z.infer<typeof ApprovalState>

/** A durable question to a person, with the full arguments, answered once. */
export const Approval = z.object({
  id: z.string(),
  org: z.string(),
  kind: ApprovalKind,
  task: z.string().optional(),
  question: z.string(),
  details: z.record(z.string(), z.unknown()),
  state: ApprovalState,
  askedBy: z.string(),
  askedAt: z.int(),
  expiresAt: z.int().optional().describe('After this no answer is taken'),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
  decidedAt: z.int().optional(),
})
export type Approval = z.infer<typeof Approval>
