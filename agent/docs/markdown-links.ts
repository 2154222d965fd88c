import { maskInline } from '../../servers/kit/markdown/inline.ts'
import type { Scan } from '../../servers/kit/markdown/scan.ts'
import { scanMarkdown } from '../../servers/kit/markdown/scan.ts'

/** A destination as it is written, with its place in the text. */
export type Link = { target: string; start: number; end: number; line: number }
export type Page = { links: Link[]; anchors: Set<string> }

const inlineForm = /\]\(\s*(<[^<>\n]*>|(?:[^\s()\\]|\\.|\([^\s()]*\))+)/g
const definitionForm = /^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*(<[^<>\n]*>|\S+)/
const attributeForm = /\b(?:href|src)\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/gi
const anchorForm = /<[a-z][\w-]*\s[^<>]*?\b(?:id|name)\s*=\s*["']([^"']+)["']/gi

/** The links of a Markdown text, and the anchors that others may link to. Code is no link. */
export function readPage(text: string): Page {
  const scan = scanMarkdown(text)
  const masked = maskInline(scan)
  const links: Link[] = []
  for (const [index, line] of scan.lines.entries()) {
    const add = (written: string, at: number) => {
      const angled = written.startsWith('<')
      const target = angled ? written.slice(1, -1) : written
      const start = line.start + at + (angled ? 1 : 0)
      if (target !== '') links.push({ target, start, end: start + target.length, line: index + 1 })
    }
    if (line.kind === 'html')
      for (const match of line.text.matchAll(attributeForm)) {
        const target = match[1] ?? match[2] ?? ''
        add(target, match.index + match[0].length - target.length - 1)
      }
    if (line.kind !== 'text') continue
    const words = masked[index] ?? ''
    // Marks of links are looked for where code is covered; the destination is read as it is written.
    for (const { index: at } of words.matchAll(/\]\(/g)) {
      // A bracket that was escaped opens none; one may have opened on the line before.
      if (line.flow !== 'more' && !isOpen(words.slice(0, at))) continue
      inlineForm.lastIndex = at
      const match = inlineForm.exec(line.text)
      if (match?.index === at && match[1]) add(match[1], at + match[0].length - match[1].length)
    }
    const definition = definitionForm.exec(line.text)
    if (definition?.[1] && words.startsWith(line.text.slice(0, 1)))
      add(definition[1], definition[0].length - definition[1].length)
  }
  return { links, anchors: anchorsOf(scan) }
}

const isOpen = (text: string): boolean => {
  let depth = 0
  for (const character of text)
    if (character === '[') depth++
    else if (character === ']') depth = Math.max(0, depth - 1)
  return depth > 0
}

/** Names that a page's headings and HTML elements can be linked to by, as forges make them. */
function anchorsOf({ text, headings }: Scan): Set<string> {
  const anchors = new Set<string>()
  for (const heading of headings) {
    const own = /\{#([\w-]+)\}\s*$/.exec(heading.text)
    if (own?.[1]) anchors.add(own[1])
    const slug = slugOf(heading.text.replace(/\s*\{#[\w-]+\}\s*$/, ''))
    let name = slug
    for (let count = 1; anchors.has(name); count++) name = `${slug}-${count}`
    anchors.add(name)
  }
  for (const [, name] of text.matchAll(anchorForm)) if (name) anchors.add(name)
  return anchors
}

/** The anchor of a heading by the rules of GitHub, which others follow. */
export const slugOf = (heading: string): string =>
  heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^<>]*>/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
