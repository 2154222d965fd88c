import { z } from 'zod'

/** A link of a note, as it is written and where it leads. */
export const NoteLinkOut = z.object({
  target: z.string(),
  subpath: z.string(),
  embed: z.boolean(),
  line: z.int(),
  path: z.string().optional().describe('File it leads to; missing where there is none'),
  ambiguous: z.boolean().optional(),
})

export const NoteHit = z.object({
  path: z.string(),
  etag: z.string(),
  line: z.int(),
  endLine: z.int(),
  heading: z.array(z.string()),
  excerpt: z.string(),
})
export type NoteHit = z.infer<typeof NoteHit>

export const QuerySet = z.object({
  name: z.string(),
  kind: z.enum(['base', 'search', 'inline']),
  vault: z.string(),
  path: z.string().optional().describe('File that defines it'),
  version: z.string().describe('Changes with the definition'),
  description: z.string(),
  problem: z.string().optional().describe('Why it cannot be run as it is written'),
})
export type QuerySet = z.infer<typeof QuerySet>

export const NoteWritten = z.object({
  path: z.string(),
  etag: z.string(),
  changed: z.boolean(),
  diff: z.string().optional(),
})
