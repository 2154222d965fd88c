import { z } from 'zod'

/** A durable fact, written in the transaction that made it true. `seq` is the resume cursor. */
export const Event = z.object({
  seq: z.int(),
  at: z.int(),
  org: z.string(),
  kind: z.string().describe('noun.verb, such as task.queued'),
  subject: z.string().describe('Id of what the event is about'),
  task: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
})
export type Event = z.infer<typeof Event>
