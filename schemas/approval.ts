import { z } from 'zod'

/** A durable question to a person, with the full arguments, answered once. */
export const Approval = z.object({
  id: z.string(),
  task: z.string(),
  question: z.string(),
  details: z.record(z.string(), z.unknown()),
  state: z.enum(['pending', 'approved', 'denied', 'void']),
  askedBy: z.string(),
  askedAt: z.int(),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
  decidedAt: z.int().optional(),
})
export type Approval = z.infer<typeof Approval>
