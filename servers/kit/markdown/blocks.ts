import {
  atx,
  definitionLine,
  fenceOpen,
  htmlBlock,
  isDelimiterRow,
  isFenceEnd,
  matchAt,
  mayStartBlock,
  setextUnderline,
  thematicBreak,
} from './block-starts.ts'
import type { Container } from './containers.ts'
import { deepest, matchContainers, openContainer } from './containers.ts'
import { Cursor } from './cursor.ts'
import { closingLine, laterClose } from './enclosures.ts'
import type { HeadingMark, Leaf } from './leaves.ts'
import { enclosures, none } from './leaves.ts'
import type { Line } from './scan.ts'

/**
 * Says of each line what it is part of, as CommonMark 0.31 reads blocks (appendix "A parsing strategy",
 * phase 1): the open containers (block quotes 5.1, list items 5.2, GFM's footnotes) are matched against
 * the line, then new blocks begin, then the rest is text. Besides CommonMark's leaves there are GFM's
 * tables, and two of Obsidian's: `$$` for mathematics and `%%` for comments. Either ends with its next
 * mark; without one it is text, so that a stray mark hides nothing.
 */
export class BlockReader {
  readonly headings: HeadingMark[] = []
  readonly #text: string
  readonly #lines: Line[]
  readonly #cursor: Cursor
  readonly #open: Container[] = []
  #leaf: Leaf = none
  /** The next `$$` of the text; most texts have none, and no line is searched. */
  #nextMath = -2

  constructor(text: string, lines: Line[]) {
    this.#text = text
    this.#lines = lines
    this.#cursor = new Cursor(text)
  }

  read(): void {
    this.#lines.forEach((line, index) => {
      if (line.kind === 'front') return
      this.#cursor.startLine(line.content, line.end)
      const depth = matchContainers(this.#open, this.#cursor, this.#open.length)
      line.content = this.#cursor.first
      const isIn = depth === this.#open.length || this.#leaf.kind === 'enclosed'
      if (!isIn || !this.#goesOn(line, index)) this.#begin(line, index, depth)
    })
  }

  /** Whether the open leaf takes the line as it is. */
  #goesOn(line: Line, index: number): boolean {
    const [cursor, leaf] = [this.#cursor, this.#leaf]
    switch (leaf.kind) {
      case 'fence': {
        const closes = cursor.indent <= 3 && isFenceEnd(this.#text, cursor.first, cursor.end, leaf)
        line.kind = closes ? 'fence' : 'code'
        if (closes) this.#leaf = none
        return true
      }
      case 'html':
        if (leaf.close ? leaf.close.test(line.text) : cursor.isBlank) this.#leaf = none
        if (leaf.close || !cursor.isBlank) line.kind = 'html'
        return true
      case 'indented':
        if (!cursor.isBlank && cursor.indent < 4) return false
        if (!cursor.isBlank) line.kind = 'code'
        return true
      case 'enclosed':
        line.kind = leaf.as
        if (index === leaf.last) this.#endEnclosed(line, index, leaf.as === 'math' ? '$$' : '%%')
        return true
      case 'none':
      case 'paragraph':
      case 'table':
        return false
    }
  }

  /** What stands behind the closing mark is text again. */
  #endEnclosed(line: Line, index: number, mark: string): void {
    this.#leaf = none
    const after = this.#text.indexOf(mark, this.#cursor.at) + mark.length
    if (this.#text.slice(after, line.end).trim() === '') return
    line.kind = 'text'
    line.content = after
    this.#leaf = { kind: 'paragraph', first: index }
  }

  /** New containers and the leaf that begins in them, or one more line of the open paragraph. */
  #begin(line: Line, index: number, matched: number): void {
    const cursor = this.#cursor
    let depth = matched
    let isNew = false
    while (!cursor.isBlank) {
      const isWhole = depth === this.#open.length
      const inParagraph =
        !isNew && (this.#leaf.kind === 'paragraph' || (isWhole && this.#leaf.kind === 'table'))
      if (cursor.indent > 3) {
        if (inParagraph) break
        this.#startLeaf(depth, { kind: 'indented' })
        line.kind = 'code'
        return
      }
      if (!mayStartBlock(cursor.code) || depth > deepest) break
      const container = openContainer(cursor, inParagraph && isWhole)
      if (!container) {
        if (this.#startsLeaf(line, index, depth, inParagraph)) return
        break
      }
      this.#startLeaf(depth, none)
      this.#open.push(container)
      depth = this.#open.length
      isNew = true
      line.isItem = container.kind === 'item'
      line.content = cursor.first
    }
    this.#textLine(line, index, depth, isNew)
  }

  /** Takes the line as the first of a heading, code, HTML, math or a comment, if it is one. */
  #startsLeaf(line: Line, index: number, depth: number, inParagraph: boolean): boolean {
    const [cursor, text] = [this.#cursor, this.#text]
    const at = cursor.first
    switch (cursor.code) {
      case 35: {
        const found = matchAt(atx, text, at)
        if (!found) return false
        this.#startLeaf(depth, none)
        this.#addHeading(found[1]?.length ?? 1, index, index, found[2] ?? '')
        return true
      }
      case 96:
      case 126: {
        const size = matchAt(fenceOpen, text, at)?.[0].length
        if (size === undefined) return false
        this.#startLeaf(depth, { kind: 'fence', mark: cursor.code, size })
        line.kind = 'fence'
        return true
      }
      case 60: {
        const html = htmlBlock(text, at, inParagraph)
        if (!html) return false
        const isClosed = html.close?.test(text.slice(at, line.end)) === true
        this.#startLeaf(depth, isClosed ? none : { kind: 'html', close: html.close })
        line.kind = 'html'
        return true
      }
      case 36:
        return this.#startsEnclosed(line, index, depth, '$$')
      case 37:
        return this.#startsEnclosed(line, index, depth, '%%')
      case 42:
      case 45:
      case 61:
      case 95:
        if (this.#endsAsHeading(index, depth, inParagraph)) return true
        if (!matchAt(thematicBreak, text, at)) return false
        this.#startLeaf(depth, none)
        return true
      default:
        return false
    }
  }

  #startsEnclosed(line: Line, index: number, depth: number, mark: '$$' | '%%'): boolean {
    const [text, at] = [this.#text, this.#cursor.first]
    if (!text.startsWith(mark, at)) return false
    const close = text.indexOf(mark, at + mark.length)
    if (close >= 0 && close < line.end) {
      // What ends on its line is part of a paragraph, though a line that is all comment says nothing.
      if (mark === '%%' && text.slice(close + mark.length, line.end).trim() === '')
        line.kind = 'comment'
      return false
    }
    const place = { index, depth, close, isInline: false }
    const last = closingLine(text, this.#lines, this.#open, place)
    if (last === undefined) return false
    this.#startLeaf(depth, { kind: 'enclosed', as: enclosures[mark], last })
    line.kind = enclosures[mark]
    return true
  }

  /** Section 4.3: the paragraph so far becomes a heading. */
  #endsAsHeading(index: number, depth: number, inParagraph: boolean): boolean {
    const leaf = this.#leaf
    if (!inParagraph || leaf.kind !== 'paragraph' || depth < this.#open.length) return false
    const mark = matchAt(setextUnderline, this.#text, this.#cursor.first)?.[1]
    const first = this.#lines[leaf.first]
    const isSilent =
      leaf.first === index - 1 &&
      (first?.kind === 'comment' || matchAt(definitionLine, this.#text, first?.content ?? 0))
    if (mark === undefined || isSilent) return false
    this.#startLeaf(depth, none)
    this.#addHeading(mark.startsWith('=') ? 1 : 2, leaf.first, index, undefined)
    return true
  }

  /** Obsidian's outline knows headings of the note alone, none of a quote, callout or list. */
  #addHeading(level: number, first: number, last: number, text: string | undefined): void {
    if (this.#open.length === 0) this.headings.push({ level, first, last, text })
  }

  #startLeaf(depth: number, leaf: Leaf): void {
    this.#open.length = depth
    this.#leaf = leaf
  }

  #textLine(line: Line, index: number, depth: number, isNew: boolean): void {
    const leaf = this.#leaf
    const isWhole = depth === this.#open.length
    if (this.#cursor.isBlank) return this.#startLeaf(depth, none)
    if (leaf.kind === 'table' && isWhole && !isNew) line.flow = 'row'
    else if (leaf.kind !== 'paragraph' || isNew)
      this.#startLeaf(depth, { kind: 'paragraph', first: index })
    else {
      // In fewer containers than the paragraph, it is a lazy continuation (section 5.1).
      line.flow = 'more'
      if (isWhole) this.#startTable(line, this.#lines[index - 1])
    }
    if (line.flow !== 'row') this.#opensMath(line, index, depth)
  }

  #startTable(line: Line, header: Line | undefined): void {
    const words = ({ content, end }: Line) => this.#text.slice(content, end)
    if (!header || !isDelimiterRow(words(line), words(header))) return
    header.flow = 'row'
    line.flow = 'row'
    this.#leaf = { kind: 'table' }
  }

  /** Words with `$$` behind them: what follows is mathematics, though it may look like a list or code. */
  #opensMath(line: Line, index: number, depth: number): void {
    const text = this.#text
    if (this.#nextMath !== -1 && this.#nextMath < line.content)
      this.#nextMath = text.indexOf('$$', line.content)
    if (this.#nextMath < 0 || this.#nextMath >= line.end) return
    const close = laterClose(text, this.#nextMath, line)
    const place = { index, depth, close, isInline: true }
    const last = closingLine(text, this.#lines, this.#open, place)
    if (last !== undefined) this.#leaf = { kind: 'enclosed', as: 'math', last }
  }
}
