import type { ErrorBody } from '../../../schemas/errors.ts'
import type { NoteMeta } from '../note-meta.ts'
import type { Note } from '../note-scan.ts'
import type { SearchRequest, SearchResult } from './search.ts'

/** What the hub asks of its reader of notes; a vault is named by the number of its index. */
export type Jobs = {
  read: { asked: { vault: number; root: string; paths: string[] }; answer: NoteMeta[] }
  scan: { asked: { text: string }; answer: Note }
  search: { asked: { vault: number; request: SearchRequest }; answer: SearchResult }
}
export type JobKind = keyof Jobs

export type ToReader =
  | { [K in JobKind]: { kind: K; id: number; asked: Jobs[K]['asked'] } }[JobKind]
  | { kind: 'cancel'; id: number }
  | { kind: 'forget'; vault: number; paths: string[] | 'all' }

export type FromReader = { id: number } & (
  | { state: 'done'; answer: Jobs[JobKind]['answer'] }
  | { state: 'refused'; error: ErrorBody }
  | { state: 'broken'; error: unknown }
)
