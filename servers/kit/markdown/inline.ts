import { matchAt, tagForm } from './block-starts.ts'
import type { Line, Scan } from './scan.ts'

const special = /[`$\\<[]/g
const anySpecial = /[`$\\<]/
const wikilink = /\[\[[^[\]\n\r]+\]\]/y
const angled = /<[^<>\n]*>/y
/** Autolinks and tags (CommonMark 0.31, sections 6.5 and 6.6). */
const tag = new RegExp(String.raw`<[a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*>|${tagForm}`, 'y')
/** HTML that ends with a mark, section 6.6. */
const enclosed = [
  ['<!--', '-->'],
  ['<?', '?>'],
  ['<![CDATA[', ']]>'],
  ['<!', '>'],
] as const

/**
 * The lines as they are, but with everything that is no text covered by NUL, which no Markdown holds:
 * code spans (CommonMark 0.31, section 6.1), inline mathematics, raw HTML, escaped characters. Spans
 * go on over the lines of a paragraph, and end with the cell of a table. Positions stay; the words
 * are read from the text itself.
 */
export function maskInline({ text, lines }: Scan): string[] {
  const masked = lines.map((line) => line.text)
  for (let first = 0, end = 0; first < lines.length; first = end) {
    end = runEnd(lines, first)
    const kind = lines[first]?.kind
    if (kind !== 'text' && kind !== 'comment') continue
    let isPlain = true
    for (let at = first; at < end; at++) isPlain &&= !anySpecial.test(masked[at] ?? '')
    if (!isPlain) maskRun(text, lines, masked, first, end)
  }
  return masked
}

/** Where the paragraph, cell row or other text that begins with this line ends: the line after it. */
export function runEnd(lines: Line[], first: number): number {
  let end = first + 1
  while (lines[end]?.flow === 'more') end++
  return end
}

/** A run of lines as one text with spaces for the marks of containers, so that positions stay. */
export function runText(text: string, lines: Line[], words: string[], first: number, end: number) {
  let joined = ''
  for (let at = first; at < end; at++) {
    const line = lines[at]
    if (!line) break
    const lead = line.content - line.start
    joined += ' '.repeat(lead) + (words[at] ?? '').slice(lead) + text.slice(line.end, line.next)
  }
  return joined
}

function maskRun(text: string, lines: Line[], masked: string[], first: number, end: number): void {
  const source = runText(text, lines, masked, first, end)
  const spans: Span[] = []
  if (lines[first]?.flow === 'row')
    for (const [from, to] of cells(source)) findSpans(source.slice(from, to), from, spans)
  else findSpans(source, 0, spans)
  if (spans.length === 0) return
  const result = cover(source, spans)
  const offset = lines[first]?.start ?? 0
  for (let at = first; at < end; at++) {
    const line = lines[at]
    if (line) masked[at] = result.slice(line.start - offset, line.end - offset)
  }
}

type Span = { start: number; end: number }

function cover(source: string, spans: Span[]): string {
  let at = 0
  let result = ''
  for (const { start, end } of spans) {
    result += source.slice(at, start) + '\0'.repeat(end - start)
    at = end
  }
  return result + source.slice(at)
}

/** GFM: a bar ends the cell, whatever stands around it, unless it is escaped. */
function* cells(row: string): Generator<[number, number]> {
  let start = 0
  for (const bar of row.matchAll(/(?<!\\)\|/g)) {
    yield [start, bar.index]
    start = bar.index + 1
  }
  yield [start, row.length]
}

/**
 * From left to right, as inline marks bind: what begins first ends first. A wikilink that begins
 * before a span holds it, as in Obsidian.
 */
function findSpans(source: string, offset: number, spans: Span[]): void {
  /** Closing marks that are known to come no more, so that a text of opening ones is read in one pass. */
  const unclosed = new Set<string>()
  let at = 0
  for (;;) {
    special.lastIndex = at
    const found = special.exec(source)
    if (!found) return
    const start = found.index
    const end = spanEnd(source, start, unclosed)
    at = end.after
    if (end.isCovered) spans.push({ start: offset + start, end: offset + at })
  }
}

type End = { after: number; isCovered: boolean }
const passed = (after: number): End => ({ after, isCovered: false })
const covered = (after: number): End => ({ after, isCovered: true })

function spanEnd(source: string, start: number, unclosed: Set<string>): End {
  switch (source[start]) {
    case '\\':
      // An escaped bar stays: it divides a wikilink in a table.
      return /[!-/:-@[-`{}~]/.test(source[start + 1] ?? '') ? covered(start + 2) : passed(start + 2)
    case '[': {
      const link = source[start + 1] === '[' ? matchAt(wikilink, source, start) : null
      return passed(start + (link?.[0].length ?? 1))
    }
    case '`':
      return codeEnd(source, start, unclosed)
    case '$':
      return mathEnd(source, start)
    default:
      return htmlEnd(source, start, unclosed)
  }
}

function codeEnd(source: string, start: number, unclosed: Set<string>): End {
  const mark = backticks(source, start)
  if (unclosed.has(mark)) return passed(start + mark.length)
  for (let at = source.indexOf(mark, start + mark.length); at >= 0;) {
    const other = backticks(source, at)
    if (other === mark) return covered(at + mark.length)
    at = source.indexOf(mark, at + other.length)
  }
  unclosed.add(mark)
  return passed(start + mark.length)
}

function backticks(source: string, start: number): string {
  let end = start
  while (source[end] === '`') end++
  return source.slice(start, end)
}

function htmlEnd(source: string, start: number, unclosed: Set<string>): End {
  const destination = source.startsWith('](', start - 2) && matchAt(angled, source, start)
  if (destination) return passed(start + destination[0].length)
  const found = matchAt(tag, source, start)
  if (found) return covered(start + found[0].length)
  for (const [open, close] of enclosed) {
    if (!source.startsWith(open, start)) continue
    const end = unclosed.has(close) ? -1 : source.indexOf(close, start + open.length)
    if (end >= 0) return covered(end + close.length)
    unclosed.add(close)
    break
  }
  return passed(start + 1)
}

/**
 * `$$…$$`, and `$…$` as Obsidian and Pandoc read it: no space behind the first mark or before the
 * last, no digit behind the last, no mark between. So `from $5 to $6` is money.
 */
function mathEnd(source: string, start: number): End {
  if (source[start + 1] === '$') {
    const close = source.indexOf('$$', start + 2)
    return close < 0 ? passed(start + 2) : covered(close + 2)
  }
  let close = start + 1
  while (close < source.length && source[close] !== '$') close += source[close] === '\\' ? 2 : 1
  const isMath =
    close < source.length &&
    close > start + 1 &&
    !/\s/.test(source[start + 1] ?? '') &&
    !/\s/.test(source[close - 1] ?? '') &&
    !/\d/.test(source[close + 1] ?? '')
  return isMath ? covered(close + 1) : passed(start + 1)
}
