import { footnoteMark, listMark, matchAt, thematicBreak } from './block-starts.ts'
import type { Cursor } from './cursor.ts'

/** What holds blocks: a line is in it when it has its mark or is indented by its columns. */
export type Container =
  | { kind: 'quote' }
  /** `isEmpty` until something follows the mark: one blank line may, a second ends the item. */
  | { kind: 'item' | 'footnote'; indent: number; isEmpty: boolean }

/** Nobody writes so many quotes and lists in each other, and every line is matched against them all. */
export const deepest = 100

/** In how many of the open containers a line is; the cursor comes to stand behind their marks. */
export function matchContainers(open: Container[], cursor: Cursor, limit: number): number {
  for (let depth = 0; depth < limit; depth++) {
    const container = open[depth]
    if (container?.kind === 'quote') {
      if (cursor.indent > 3 || cursor.code !== 62) return depth
      cursor.skipMark(1)
      cursor.skipColumns(1)
    } else if (container) {
      if (cursor.isBlank ? container.isEmpty : cursor.indent < container.indent) return depth
      if (cursor.isBlank) continue
      container.isEmpty = false
      cursor.skipColumns(container.indent)
    }
  }
  return limit
}

/**
 * The block quote, list item or footnote that begins here, with the cursor behind its mark.
 * `interrupts` says that a paragraph would end by it.
 */
export function openContainer(cursor: Cursor, interrupts: boolean): Container | undefined {
  if (cursor.code === 62) {
    cursor.skipMark(1)
    cursor.skipColumns(1)
    return { kind: 'quote' }
  }
  if (cursor.code === 91) {
    const note = matchAt(footnoteMark, cursor.text, cursor.first)
    if (note) cursor.skipMark(note[0].length)
    return note ? { kind: 'footnote', indent: 4, isEmpty: false } : undefined
  }
  const mark = mayBeItem(cursor) ? matchAt(listMark, cursor.text, cursor.first) : null
  if (!mark || (mark[1] === undefined && matchAt(thematicBreak, cursor.text, cursor.first)))
    return undefined
  const length = mark[0].length
  const isBare = cursor.text.slice(cursor.first + length, cursor.end).trim() === ''
  // Section 5.3: a paragraph ends only for a list that begins with 1 and says something.
  if (interrupts && (isBare || (mark[1] !== undefined && Number(mark[1]) !== 1))) return undefined
  const before = cursor.indent
  cursor.skipMark(length)
  // Five columns or more behind the mark are one, and the rest is indented code.
  const padding = isBare || cursor.indent > 4 ? 1 : cursor.indent
  cursor.skipColumns(padding)
  return { kind: 'item', indent: before + length + padding, isEmpty: isBare }
}

/** A digit, or one of the marks before a space: told without a pattern, since it is asked of many lines. */
function mayBeItem({ code, text, first, end }: Cursor): boolean {
  if (code >= 48 && code <= 57) return true
  if (code !== 45 && code !== 42 && code !== 43) return false
  const next = first + 1 < end ? text.charCodeAt(first + 1) : 32
  return next === 32 || next === 9
}
