import { z } from 'zod'

/** A port of a pod that browsers reach through the hub. */
export const Exposure = z.object({
  id: z.string(),
  pod: z.string(),
  port: z.int(),
  kind: z.enum(['http', 'code-server']).describe('What answers there'),
  createdBy: z.string(),
  createdAt: z.int(),
  expiresAt: z.int().describe('It also ends with its pod, and after half an hour without use'),
})
export type Exposure = z.infer<typeof Exposure>
