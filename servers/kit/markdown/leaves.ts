/** The block without blocks in it that is open: what it is decides how its next line is read. */
export type Leaf =
  | { kind: 'none' | 'table' | 'indented' }
  | { kind: 'paragraph'; first: number }
  | { kind: 'fence'; mark: number; size: number }
  | { kind: 'html'; close: RegExp | undefined }
  | { kind: 'enclosed'; as: 'math' | 'comment'; last: number }

/** Between blocks. */
export const none: Leaf = { kind: 'none' }
/** Marks of Obsidian's blocks that end with the mark they begin with. */
export const enclosures = { $$: 'math', '%%': 'comment' } as const

/** A heading outside of any container: its lines, and where a heading of one line has its words. */
export type HeadingMark = { level: number; first: number; last: number; text: string | undefined }
