import { z } from 'zod'

/** A file kept from an attempt; its bytes are stored once under their SHA-256. */
export const Artifact = z.object({
  id: z.string(),
  task: z.string(),
  attempt: z.int(),
  name: z.string(),
  mediaType: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  createdAt: z.int(),
})
export type Artifact = z.infer<typeof Artifact>
