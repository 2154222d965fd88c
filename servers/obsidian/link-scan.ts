import { matchAt } from '../kit/markdown/block-starts.ts'
import { maskInline, runEnd, runText } from '../kit/markdown/inline.ts'
import type { Line, Scan } from '../kit/markdown/scan.ts'
import { lineAt } from '../kit/markdown/scan.ts'

/**
 * One reference in a note. `target` spans what names the file, without `#heading`; `subpath` holds
 * `#heading` or `#^block`, or is empty. Offsets count from the start of the text.
 */
export type NoteLink = {
  form: 'wiki' | 'markdown'
  embed: boolean
  inFront: boolean
  start: number
  end: number
  targetStart: number
  targetEnd: number
  /** Decoded name or path of the file; empty for a reference into the note itself. */
  target: string
  subpath: string
  display: string | undefined
  line: number
}

/** One with a bar that is not escaped is cut in two by a table's cells; it names a note all the same. */
const wiki = /(!?)\[\[([^[\]\r\n]+)\]\]/g
/** What follows a link's words in brackets (CommonMark 0.31, section 6.3); code and escapes are covered. */
const destination =
  /\(\s*(<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/y
/** A definition (section 4.7) as one line; GFM's footnotes look alike and are none. */
const definition =
  /^(\[(?!\^)[^[\]\n]*[^\s[\]]\]:\s*)(<[^<>\n]*>|\S+)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*$/
/** Most destinations are addresses, for which no brackets have to be paired. */
const inside = /\]\((?!https?:\/\/)/
const bracket = /[[\]]/g
const scheme = /^[a-z][a-z0-9+.-]*:/i

/**
 * All links and embeds of a note, in order: in its text, in its properties, and in `%%` comments, in which
 * Obsidian's index finds them too. Those in code, mathematics and HTML are none. Of a reference link
 * the definition counts: there the file is named.
 */
export function scanLinks(scan: Scan, masked = maskInline(scan)): NoteLink[] {
  const links: NoteLink[] = []
  const { lines, text } = scan
  for (let first = 0, end = 0; first < lines.length; first = end) {
    end = runEnd(lines, first)
    const kind = lines[first]?.kind
    if (kind !== 'text' && kind !== 'front' && kind !== 'comment') continue
    let [hasDestination, mayDefine] = [false, true]
    for (let at = first; at < end; at++) {
      const [line, words = ''] = [lines[at], masked[at]]
      hasDestination ||= words.includes('](') && inside.test(words)
      if (!line || !words.includes('[')) {
        mayDefine = false
        continue
      }
      if (words.includes('[[')) {
        wiki.lastIndex = 0
        for (let found = wiki.exec(words); found; found = wiki.exec(words))
          links.push(wikiLink(found, line))
      }
      mayDefine &&= words.includes(']:') && addDefinition(links, words, line)
    }
    if (hasDestination && kind !== 'front')
      addMarkdownLinks(links, scan, runText(text, lines, masked, first, end), first)
  }
  return links.length > 1 ? links.sort((a, b) => a.start - b.start) : links
}

/** Wikilinks of a text that is no Markdown. */
export const scanWikilinks = (text: string): NoteLink[] =>
  [...text.matchAll(wiki)].map((found) =>
    wikiLink(found, { number: 0, start: 0, text, kind: 'front' }),
  )

type Place = Pick<Line, 'number' | 'start' | 'text' | 'kind'>

function wikiLink(found: RegExpMatchArray, place: Place): NoteLink {
  const [whole, bang = ''] = found
  const index = found.index ?? 0
  const start = place.start + index
  const inner = place.text.slice(index + bang.length + 2, index + whole.length - 2)
  const bar = /\\?\|/.exec(inner)
  const name = bar ? inner.slice(0, bar.index) : inner
  const hash = name.indexOf('#')
  const file = hash < 0 ? name : name.slice(0, hash)
  const lead = file.length - file.trimStart().length
  const targetStart = start + bang.length + 2 + lead
  return {
    form: 'wiki',
    embed: bang !== '',
    inFront: place.kind === 'front',
    start,
    end: start + whole.length,
    targetStart,
    targetEnd: targetStart + file.trim().length,
    target: file.trim(),
    subpath: hash < 0 ? '' : name.slice(hash).trim(),
    display: bar ? inner.slice(bar.index + bar[0].length) : undefined,
    line: place.number,
  }
}

/** Definitions open a paragraph, one a line. Whether the line is one, with a file or an address. */
function addDefinition(links: NoteLink[], words: string, line: Line): boolean {
  if (line.kind !== 'text' || line.flow === 'row') return false
  const lead = line.content - line.start
  const found = definition.exec(words.slice(lead))
  if (!found) return false
  const [whole, label = '', target = ''] = found
  const start = line.start + lead
  const link = markdownLink(
    line,
    (at) => line.text.slice(at.start - line.start, at.end - line.start),
    {
      words: { start: start + 1, end: start + label.indexOf(']:') },
      destination: { start: start + label.length, end: start + label.length + target.length },
      end: start + whole.trimEnd().length,
      embed: false,
    },
  )
  if (link) links.push(link)
  return true
}

/** Links with a destination in parentheses; their words may go on over lines and hold images, but no links. */
function addMarkdownLinks(links: NoteLink[], scan: Scan, run: string, first: number): void {
  const offset = scan.lines[first]?.start ?? 0
  const read = ({ start, end }: Span) => scan.text.slice(start, end)
  const open: { at: number; embed: boolean }[] = []
  /** A bracket before a link cannot open another around it. */
  let dead = 0
  bracket.lastIndex = 0
  for (let found = bracket.exec(run); found; found = bracket.exec(run)) {
    const at = found.index
    if (found[0] === '[') {
      open.push({ at, embed: run[at - 1] === '!' })
      continue
    }
    const opening = open.pop()
    const way = opening && run[at + 1] === '(' ? matchAt(destination, run, at + 1) : null
    if (!opening || !way || (!opening.embed && opening.at < dead)) continue
    const start = offset + at + 1 + (/^\(\s*/.exec(way[0])?.[0].length ?? 1)
    const line = lineAt(scan.lines, offset + opening.at)
    const link = markdownLink(line, read, {
      words: { start: offset + opening.at + 1, end: offset + at },
      destination: { start, end: start + (way[1] ?? '').length },
      end: offset + at + 1 + way[0].length,
      embed: opening.embed,
    })
    if (link) links.push(link)
    if (!opening.embed) dead = opening.at
    bracket.lastIndex = at + 1 + way[0].length
  }
}

type Span = { start: number; end: number }
type Parts = { words: Span; destination: Span; end: number; embed: boolean }

function markdownLink(
  line: Line | undefined,
  read: (span: Span) => string,
  { words, destination: way, end, embed }: Parts,
): NoteLink | undefined {
  const written = read(way)
  const isAngled = written.startsWith('<') && written.endsWith('>')
  const raw = isAngled ? written.slice(1, -1) : written
  if (raw === '' || scheme.test(raw) || raw.startsWith('//')) return undefined
  const hash = raw.indexOf('#')
  const file = hash < 0 ? raw : raw.slice(0, hash)
  const targetStart = way.start + (isAngled ? 1 : 0)
  return {
    form: 'markdown',
    embed,
    inFront: false,
    start: words.start - (embed ? 2 : 1),
    end,
    targetStart,
    targetEnd: targetStart + file.length,
    target: decode(file),
    subpath: hash < 0 ? '' : decode(raw.slice(hash)),
    display: read(words),
    line: line?.number ?? 1,
  }
}

/** Backslashes (CommonMark 0.31, section 2.4) and percent signs stand for characters. */
function decode(text: string): string {
  const plain = text.replace(/\\([!-/:-@[-`{-~])/g, '$1')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain // A stray % is a character like any other.
  }
}

/** A path as the destination of a Markdown link: Obsidian encodes spaces and what would end it. */
export const encodeDestination = (path: string): string =>
  path.replace(/[%\s()<>[\]\\"]/g, (character) =>
    encodeURIComponent(character).replace('(', '%28').replace(')', '%29'),
  )
