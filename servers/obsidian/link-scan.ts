import type { Scan } from '../kit/markdown/scan.ts'

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

const wiki = /(!?)\[\[([^[\]\n]*?)\]\]/g
const inline =
  /(!?)\[((?:[^[\]\\\n]|\\.|\[[^[\]\n]*\])*)\]\((<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\)/g
const scheme = /^[a-z][a-z0-9+.-]*:/i

/** All links and embeds of a note, in order, in its text and in its properties, but not in code. */
export function scanLinks(scan: Scan): NoteLink[] {
  const links: NoteLink[] = []
  for (const line of scan.lines) {
    if (line.kind !== 'text' && line.kind !== 'front') continue
    if (!line.text.includes('[')) continue
    const text = line.kind === 'front' ? line.text : withoutCode(line.text)
    const inFront = line.kind === 'front'
    const at = { start: line.start, line: line.number, inFront }
    for (const found of text.matchAll(wiki)) links.push(wikiLink(found, at))
    if (inFront) continue
    for (const found of text.matchAll(inline)) {
      const link = markdownLink(found, at)
      if (link) links.push(link)
    }
  }
  return links.sort((a, b) => a.start - b.start)
}

type Place = { start: number; line: number; inFront: boolean }

function wikiLink(found: RegExpMatchArray, place: Place): NoteLink {
  const [whole, bang = '', inner = ''] = found
  const start = place.start + (found.index ?? 0)
  const bar = /\\?\|/.exec(inner)
  const name = bar ? inner.slice(0, bar.index) : inner
  const hash = name.indexOf('#')
  const file = hash < 0 ? name : name.slice(0, hash)
  const lead = file.length - file.trimStart().length
  const targetStart = start + bang.length + 2 + lead
  return {
    form: 'wiki',
    embed: bang !== '',
    inFront: place.inFront,
    start,
    end: start + whole.length,
    targetStart,
    targetEnd: targetStart + file.trim().length,
    target: file.trim(),
    subpath: hash < 0 ? '' : name.slice(hash).trim(),
    display: bar ? inner.slice(bar.index + bar[0].length) : undefined,
    line: place.line,
  }
}

function markdownLink(found: RegExpMatchArray, place: Place): NoteLink | undefined {
  const [whole, bang = '', label = '', destination = ''] = found
  const angled = destination.startsWith('<')
  const raw = angled ? destination.slice(1, -1) : destination
  if (raw === '' || scheme.test(raw) || raw.startsWith('//')) return undefined
  const start = place.start + (found.index ?? 0)
  const hash = raw.indexOf('#')
  const file = hash < 0 ? raw : raw.slice(0, hash)
  const targetStart = start + bang.length + label.length + 3 + (angled ? 1 : 0)
  return {
    form: 'markdown',
    embed: bang !== '',
    inFront: false,
    start,
    end: start + whole.length,
    targetStart,
    targetEnd: targetStart + file.length,
    target: decode(file),
    subpath: hash < 0 ? '' : decode(raw.slice(hash)),
    display: label,
    line: place.line,
  }
}

/** Code spans are blanked out, so that offsets stay. */
export function withoutCode(text: string): string {
  if (!text.includes('`')) return text
  return text.replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, (code) => ' '.repeat(code.length))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // A stray % is a character like any other.
  }
}

/** A path as the destination of a Markdown link: Obsidian encodes spaces and what would end it. */
export const encodeDestination = (path: string): string =>
  path.replace(/[%\s()<>[\]\\"]/g, (character) =>
    encodeURIComponent(character).replace('(', '%28').replace(')', '%29'),
  )
