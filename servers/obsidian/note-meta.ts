import { posix } from 'node:path'
import type { NoteLink } from './link-scan.ts'
import type { Note } from './note-scan.ts'

/** What the index holds of a note: no text, only what links and queries ask for. */
export type NoteMeta = {
  path: string
  properties: Record<string, unknown>
  /** Why nothing more is there: invalid properties, not text, too large. */
  problem: string | undefined
  tags: string[]
  aliases: string[]
  links: Pick<NoteLink, 'target' | 'subpath' | 'embed' | 'line'>[]
  tasks: { open: number; done: number; other: number }
  queries: number
}

export function metaOf(path: string, note: Note): NoteMeta {
  const tasks = { open: 0, done: 0, other: 0 }
  for (const { mark } of note.tasks)
    tasks[mark === ' ' ? 'open' : mark === 'x' || mark === 'X' ? 'done' : 'other']++
  return {
    path,
    properties: note.properties.values,
    problem: note.properties.problem,
    tags: note.tags,
    aliases: note.aliases,
    links: note.links.map(({ target, subpath, embed, line }) => ({ target, subpath, embed, line })),
    tasks,
    queries: note.queries.length,
  }
}

/** A note that cannot be read. */
export const unreadable = (path: string, problem: string): NoteMeta => ({
  path,
  problem,
  properties: {},
  tags: [],
  aliases: [],
  links: [],
  tasks: { open: 0, done: 0, other: 0 },
  queries: 0,
})

/** A note's name as people write it: without folders and `.md`. */
export const nameOf = (path: string): string => posix.basename(path).replace(/\.md$/i, '')
