import { BlockReader } from './blocks.ts'
import type { HeadingMark } from './leaves.ts'

/** What a line of Markdown is part of, as far as splicing and searching have to know. */
type LineKind = 'front' | 'fence' | 'code' | 'math' | 'html' | 'comment' | 'text'

/** `start` to `end` is the line without its ending; `next` is where the following one begins. */
export type Line = {
  number: number
  start: number
  end: number
  next: number
  text: string
  kind: LineKind
  /** Where the line's own words begin, behind the marks of quotes and list items. */
  content: number
  /** Whether a list item begins on this line, with `content` as its first words. */
  isItem: boolean
  /** Whether the line begins a text of its own, goes on with the one before, or is a row of a table. */
  flow: 'new' | 'more' | 'row'
}

/** A heading and the section below it: `end` is where the next heading of its level or above begins. */
export type Heading = {
  level: number
  text: string
  line: number
  start: number
  bodyStart: number
  end: number
  path: string[]
}

export type Scan = {
  text: string
  lines: Line[]
  headings: Heading[]
  /** Span between the two `---` lines of the front matter, and of the whole block. */
  front: { start: number; end: number; blockEnd: number } | undefined
}

/**
 * One pass over the lines of a Markdown text: front matter, blocks, headings. It builds no tree and
 * copies no structure: every answer is a span of the text it was given. A parser of whole documents
 * (micromark 4 with GFM) takes a hundred times as long, half a minute for a vault of 14 MB.
 */
export function scanMarkdown(text: string): Scan {
  const lines = splitLines(text)
  const front = markFront(lines, text)
  const blocks = new BlockReader(text, lines)
  blocks.read()
  return { text, lines, headings: headingsOf(text, lines, blocks.headings), front }
}

function splitLines(text: string): Line[] {
  const lines: Line[] = []
  let start = 0
  while (start < text.length) {
    const found = text.indexOf('\n', start)
    const next = found < 0 ? text.length : found + 1
    let end = found < 0 ? text.length : found
    if (end > start && text.charCodeAt(end - 1) === 13) end--
    lines.push({
      number: lines.length + 1,
      start,
      end,
      next,
      text: text.slice(start, end),
      kind: 'text',
      content: start === 0 && text.startsWith('\uFEFF') ? 1 : start,
      isItem: false,
      flow: 'new',
    })
    start = next
  }
  return lines
}

function markFront(lines: Line[], text: string): Scan['front'] {
  const first = lines[0]
  if (!first || !/^\uFEFF?---[ \t]*$/.test(first.text)) return undefined
  const close = lines.findIndex(
    (line, index) => index > 0 && /^(---|\.\.\.)[ \t]*$/.test(line.text),
  )
  const last = lines[close]
  if (!last) return undefined
  for (const line of lines.slice(0, close + 1)) line.kind = 'front'
  return { start: first.next, end: last.start, blockEnd: Math.min(last.next, text.length) }
}

function headingsOf(text: string, lines: Line[], marks: HeadingMark[]): Heading[] {
  const headings: Heading[] = []
  const open: Heading[] = []
  for (const mark of marks) {
    const [first, last] = [lines[mark.first], lines[mark.last]]
    if (!first || !last) continue
    while ((open.at(-1)?.level ?? 0) >= mark.level) {
      const ended = open.pop()
      if (ended) ended.end = first.start
    }
    const words = mark.text === undefined ? linesText(text, lines, mark) : withoutClosing(mark.text)
    const heading: Heading = {
      level: mark.level,
      text: words,
      line: first.number,
      start: first.start,
      bodyStart: last.next,
      end: text.length,
      path: [...(open.at(-1)?.path ?? []), words],
    }
    headings.push(heading)
    open.push(heading)
  }
  return headings
}

const withoutClosing = (text: string) => text.replace(/(?:^|[ \t]+)#+[ \t]*$/, '').trim()

/** The lines above an underline, as one. */
const linesText = (text: string, lines: Line[], { first, last }: HeadingMark): string =>
  lines
    .slice(first, last)
    .map((line) => text.slice(line.content, line.end).trim())
    .join(' ')

/** The line that holds a position of the text. */
export function lineAt(lines: Line[], position: number): Line | undefined {
  let [low, high] = [0, lines.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lines[middle]?.next ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return lines[low]
}
