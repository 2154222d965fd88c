import { z } from 'zod'

export const SourceKind = z.enum([
  'repo',
  'vault',
  'spec',
  'folder',
  'log',
  'change',
  'decision',
  'text',
])
export type SourceKind = z.infer<typeof SourceKind>

/** How far the words of a source may be believed: `external` text is data that nobody here wrote. */
export const Trust = z.enum(['own', 'team', 'external'])
export type Trust = z.infer<typeof Trust>

/** Where context comes from. One org's sources are never searched for another. */
export const ContextSource = z.object({
  id: z.string(),
  org: z.string(),
  name: z.string(),
  kind: SourceKind,
  uri: z.string().describe('Path on the hub machine, or a name for what is handed in'),
  ref: z.string().optional().describe('Branch, tag or commit of a repository'),
  trust: Trust,
  retentionDays: z.int().optional(),
  state: z.enum(['pending', 'ready', 'failed']),
  problem: z.string().optional(),
  revision: z.string().optional(),
  documents: z.int(),
  chunks: z.int(),
  indexedAt: z.int().optional(),
})
export type ContextSource = z.infer<typeof ContextSource>

/** A piece of a source, cited: `source path:line0-line1@revision`. */
export const ContextHit = z.object({
  source: z.string(),
  kind: SourceKind,
  trust: Trust,
  path: z.string(),
  heading: z.string().describe('Headings or symbols around it'),
  line0: z.int(),
  line1: z.int(),
  revision: z.string(),
  cite: z.string(),
  tokens: z.int(),
  score: z.number(),
  text: z.string(),
})
export type ContextHit = z.infer<typeof ContextHit>

/** Pieces of one document in the order of their lines, as they were taken in. */
export const ContextDocument = z.object({
  source: ContextSource,
  path: z.string(),
  trust: Trust,
  revision: z.string(),
  pieces: z.array(
    z.object({ heading: z.string(), line0: z.int(), line1: z.int(), text: z.string() }),
  ),
  before: z.int().describe('Pieces of the document before these'),
  after: z.int().describe('Pieces after these'),
})
export type ContextDocument = z.infer<typeof ContextDocument>

/** Whether everything that was asked was there to be searched. */
export const ContextState = z
  .enum(['ready', 'reading', 'empty'])
  .describe('reading: a source is read for the first time, ask again; empty: nothing was taken in')
export type ContextState = z.infer<typeof ContextState>

export const Engines = z.array(z.enum(['fts5', 'postings', 'vectors']))

export const Packed = z.object({
  cite: z.string(),
  source: z.string(),
  path: z.string(),
  line: z.int(),
  form: z.enum(['text', 'outline', 'citation']),
  trust: Trust,
  tokens: z.int(),
})
export type Packed = z.infer<typeof Packed>
