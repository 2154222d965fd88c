import type { ContextHit, Packed, SourceKind, Trust } from '../../schemas/context.ts'

/** A source as the index needs to know it. */
export type IndexedSource = {
  id: string
  org: string
  kind: SourceKind
  name: string
  path: string | undefined
  ref: string | undefined
  trust: Trust
  retentionDays: number | undefined
  ignore: string[]
}

/** A document that is handed in rather than read. */
export type InlineDocument = {
  path: string
  text: string
  revision: string
  modifiedAt: number
}

export type IngestReport = {
  revision: string
  documents: number
  chunks: number
  /** What this run did: documents read, removed, and left out with the reason. */
  added: number
  removed: number
  skipped: { path: string; reason: string }[]
  skippedCount: number
}

export type SearchRequest = {
  org: string
  sources: { id: string; kind: SourceKind; trust: Trust }[]
  query: string
  limit: number
  /** Paths that the caller is at work on: they and their folders come first among equals. */
  near?: string[] | undefined
  now: number
}

export type SearchReply = {
  hits: ContextHit[]
  engines: ('fts5' | 'postings' | 'vectors')[]
  degraded: string[]
  tookMs: number
}

export type PackRequest = Omit<SearchRequest, 'limit'> & {
  maxTokens: number
  /** What is known to be wrong with the sources: said in the text, and counted. */
  problems: string[]
}
export type PackReply = {
  text: string
  tokens: number
  items: Packed[]
  omitted: { count: number; tokens: number; cites: string[] }
  engines: SearchReply['engines']
  degraded: string[]
  generation: number
}

export type DocumentRequest = {
  org: string
  source: string
  path: string
  /** Line to read around. */
  line: number
  maxChars: number
}
export type DocumentReply = {
  revision: string
  pieces: { heading: string; line0: number; line1: number; text: string }[]
  /** How many pieces there are before and after these. */
  before: number
  after: number
}

/** The context store. All of its work is done off the event loop; it begins with the first call. */
export type ContextIndex = {
  /** `rebuild` reads and cuts everything again, whether it changed or not. */
  ingest(
    source: IndexedSource,
    documents?: InlineDocument[],
    rebuild?: boolean,
  ): Promise<IngestReport>
  /** Keeps a folder's index up to date from now on; `changed` is told after each run that found something. */
  follow(source: IndexedSource, changed: (report: IngestReport) => void): Promise<void>
  unfollow(source: string): void
  search(request: SearchRequest): Promise<SearchReply>
  pack(request: PackRequest): Promise<PackReply>
  /** Undefined when the source has no such document. */
  read(request: DocumentRequest): Promise<DocumentReply | undefined>
  forget(org: string, source: string, paths?: string[]): Promise<number>
  /** Forgets documents that were handed in before an instant. */
  forgetOlder(org: string, source: string, beforeAt: number): Promise<number>
  /** Writes the documents of sources as JSON lines, or reads such a file back. */
  exportTo(org: string, sources: string[], file: string): Promise<number>
  importFrom(source: IndexedSource, file: string): Promise<IngestReport>
  stop(): Promise<void>
}
