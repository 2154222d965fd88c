/** What a line of Markdown is part of, as far as splicing and searching have to know. */
type LineKind = 'front' | 'fence' | 'code' | 'comment' | 'text'

/** `start` to `end` is the line without its ending; `next` is where the following one begins. */
type Line = {
  number: number
  start: number
  end: number
  next: number
  text: string
  kind: LineKind
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
 * One pass over the lines of a Markdown text: front matter, fences, comments, headings. It builds no
 * tree and copies no structure: every answer is a span of the text it was given.
 */
export function scanMarkdown(text: string): Scan {
  const lines = splitLines(text)
  const front = markFront(lines, text)
  markBlocks(lines)
  return { text, lines, headings: findHeadings(lines, text.length), front }
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

/** Fenced code (CommonMark 0.31, section 4.5), HTML comments, and Obsidian's `%%` comments. */
function markBlocks(lines: Line[]): void {
  let fence: { mark: string; size: number } | undefined
  let comment: '-->' | '%%' | undefined
  for (const line of lines) {
    if (line.kind === 'front') continue
    const { text } = line
    if (fence) {
      const close = /^[ \t>]*(`{3,}|~{3,})[ \t]*$/.exec(text)?.[1]
      const closes =
        close !== undefined && close.startsWith(fence.mark) && close.length >= fence.size
      line.kind = closes ? 'fence' : 'code'
      if (closes) fence = undefined
    } else if (comment) {
      line.kind = 'comment'
      if (text.includes(comment)) comment = undefined
    } else {
      const open = /^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?(`{3,}(?!.*`)|~{3,})/.exec(text)?.[1]
      if (open !== undefined) {
        fence = { mark: open[0] ?? '`', size: open.length }
        line.kind = 'fence'
      } else if (/^[ \t]*<!--/.test(text)) {
        line.kind = 'comment'
        if (!text.includes('-->')) comment = '-->'
      } else if (/^[ \t]*%%/.test(text)) {
        line.kind = 'comment'
        if (!text.trimStart().slice(2).includes('%%')) comment = '%%'
      }
    }
  }
}

function findHeadings(lines: Line[], textEnd: number): Heading[] {
  const headings: Heading[] = []
  const open: Heading[] = []
  lines.forEach((line, index) => {
    if (line.kind !== 'text') return
    const atx = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line.text)
    const found = atx
      ? { level: atx[1]?.length ?? 1, text: closing(atx[2] ?? ''), body: line.next }
      : setext(lines, index)
    if (!found) return
    while ((open.at(-1)?.level ?? 0) >= found.level) {
      const ended = open.pop()
      if (ended) ended.end = line.start
    }
    const heading: Heading = {
      level: found.level,
      text: found.text,
      line: line.number,
      start: line.start,
      bodyStart: found.body,
      end: textEnd,
      path: [...(open.at(-1)?.path ?? []), found.text],
    }
    headings.push(heading)
    open.push(heading)
  })
  return headings
}

const closing = (text: string) => text.replace(/(?:^|[ \t]+)#+[ \t]*$/, '').trim()

/** A line of text underlined by `===` or `---`. */
function setext(
  lines: Line[],
  index: number,
): { level: number; text: string; body: number } | undefined {
  const [line, under, before] = [lines[index], lines[index + 1], lines[index - 1]]
  if (!line || !under || under.kind !== 'text') return undefined
  const mark = /^ {0,3}(=+|-{2,})[ \t]*$/.exec(under.text)?.[1]
  if (mark === undefined || !/^ {0,3}[^\s>|#*+\-`\d]/.test(line.text)) return undefined
  if (before?.kind === 'text' && before.text.trim() !== '') return undefined // A longer paragraph.
  return { level: mark.startsWith('=') ? 1 : 2, text: line.text.trim(), body: under.next }
}

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
