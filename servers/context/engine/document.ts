import type Database from 'better-sqlite3'
import type { DocumentReply, DocumentRequest } from '../../kit/context-index.ts'

type Row = { heading: string; line0: number; line1: number; tokens: number; text: string }

/**
 * The pieces of one document around a line, in order, within a number of characters; undefined when
 * the source has no such document. Pieces are what was cut when it was taken in, secrets taken out.
 */
export function readDocument(
  db: Database.Database,
  { source, path, line, maxChars }: DocumentRequest,
): DocumentReply | undefined {
  const document = db
    .prepare(
      `SELECT document.id AS id, document.revision AS revision, source.revision AS sourceRevision
       FROM document JOIN source ON source.id = document.source
       WHERE document.source = :source AND document.path = :path`,
    )
    .get({ source, path }) as { id: number; revision: string; sourceRevision: string } | undefined // By its columns.
  if (!document) return undefined
  const rows = db
    .prepare(
      `SELECT crumb AS heading, line0, line1, tokens, text FROM chunk WHERE document = :document ORDER BY line0, id`,
    )
    .all({ document: document.id }) as Row[] // By its columns.
  const { from, to } = around(rows, line, maxChars)
  return {
    revision: (document.sourceRevision || document.revision).slice(0, 10),
    pieces: rows.slice(from, to).map(({ tokens: _tokens, ...piece }) => piece),
    before: from,
    after: rows.length - to,
  }
}

/** Begins with the piece that holds the line, and takes neighbours on both sides while there is room. */
function around(rows: Row[], line: number, maxChars: number): { from: number; to: number } {
  const holding = rows.findLastIndex(({ line0 }) => line0 <= line)
  let from = Math.max(0, holding)
  let to = Math.min(rows.length, from + 1)
  let room = maxChars - costOf(rows[from])
  for (;;) {
    const below = rows[to]
    const above = rows[from - 1]
    if (below && costOf(below) <= room) {
      room -= costOf(below)
      to++
    } else if (!above || costOf(above) > room) return { from, to }
    if (above && costOf(above) <= room) {
      room -= costOf(above)
      from--
    }
  }
}

/** A character of some scripts is a token, of others a quarter: whichever is more is counted. */
const costOf = (row: Row | undefined): number =>
  row === undefined ? 0 : Math.max(row.text.length, 2 * row.tokens)
