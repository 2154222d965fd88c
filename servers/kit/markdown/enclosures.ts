import { mayStartBlock } from './block-starts.ts'
import type { Container } from './containers.ts'
import { matchContainers } from './containers.ts'
import { Cursor } from './cursor.ts'
import type { Line } from './scan.ts'

/** An opening mark: on which line, in how many containers, where its closing mark stands, whether words are before it. */
type Opening = { index: number; depth: number; close: number; isInline: boolean }

/**
 * The line with the closing mark of `$$` or `%%`, or nothing when the mark is text. Such a block may
 * hold blank lines while its containers go on. Where they end, as where the mark stands behind words, it
 * holds what a paragraph might: lines up to a blank one.
 */
export function closingLine(
  text: string,
  lines: Line[],
  open: Container[],
  { index, depth, close, isInline }: Opening,
): number | undefined {
  if (close < 0) return undefined
  const ahead = new Cursor(text)
  let isParagraph = isInline
  let hasBlank = false
  for (let last = index + 1; last < lines.length; last++) {
    const line = lines[last]
    if (!line) break
    ahead.startLine(line.start, line.end)
    if (matchContainers(open, ahead, depth) < depth) {
      if (hasBlank || (!ahead.isBlank && mayStartBlock(ahead.code))) break
      isParagraph = true
    }
    if (ahead.isBlank) {
      if (isParagraph) break
      hasBlank = true
    }
    if (close < line.next) return last
  }
  return undefined
}

/** Where mathematics ends that begins at `first` or later in the line and goes on behind it; -1 if none does. */
export function laterClose(text: string, first: number, line: Line): number {
  for (let open = first; open >= 0 && open < line.end;) {
    const close = text.indexOf('$$', open + 2)
    if (close < 0 || close >= line.end) return isWritten(text, line, open) ? -1 : close
    open = text.indexOf('$$', close + 2)
  }
  return -1
}

/** A mark that is escaped, or in a code span, says how mathematics is written. */
const isWritten = (text: string, { content }: Line, at: number): boolean =>
  text[at - 1] === '\\' || (text.slice(content, at).match(/`+/g)?.length ?? 0) % 2 === 1
