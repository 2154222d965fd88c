import { z } from 'zod'

/** One decision: who called what, with which outcome. `hash` covers the row and the one before. */
export const AuditRow = z.object({
  seq: z.int(),
  at: z.int(),
  org: z.string(),
  principal: z.string(),
  tool: z.string(),
  outcome: z
    .string()
    .describe('ok, failed, denied, canceled, or unknown where the answer was lost'),
  subject: z.string().optional(),
  args: z.string().describe('The arguments as JSON, long values shortened'),
  requestId: z.string(),
  hash: z.string(),
})
export type AuditRow = z.infer<typeof AuditRow>

/** A row as a list shows it. */
export const AuditItem = AuditRow.partial({ org: true, requestId: true, hash: true })
export type AuditItem = z.infer<typeof AuditItem>
