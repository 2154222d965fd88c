import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'

type Tree = ReturnType<typeof fromMarkdown>
type Node = Tree | Tree['children'][number]

/** One reference as the reference parser sees it: where its whole form stands, and what it names. */
type ReferenceLink = {
  form: 'wiki' | 'markdown'
  embed: boolean
  start: number
  end: number
  /** Name or path, with `#heading` or `#^block`, decoded. */
  target: string
}

export type ReferenceNote = {
  headings: { line: number; level: number; text: string }[]
  tasks: { line: number; mark: string; markAt: number }[]
  links: ReferenceLink[]
}

/**
 * What a note holds, by a parser that shares nothing with the product's: mdast and micromark (CommonMark
 * and GFM) for all they know, and regular expressions for what Obsidian adds. It is slow and only checks.
 */
export function readReference(source: string): ReferenceNote {
  const frontEnd =
    /^\uFEFF?---[ \t]*\r?\n(?:[\s\S]*?\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(source)?.[0]
      .length ?? 0
  // A BOM would be dropped and shift every offset; a space keeps the place.
  const text =
    covered(source.slice(0, frontEnd)) +
    withoutEnclosed(source.slice(frontEnd)).replace(/^\uFEFF/, ' ')
  const tree = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
  const note: ReferenceNote = {
    headings: [],
    tasks: [],
    links: frontLinks(source.slice(0, frontEnd)),
  }
  for (const node of tree.children)
    if (node.type === 'heading') {
      const [first, last] = [node.children[0], node.children.at(-1)]
      const words = source.slice(first?.position?.start.offset, last?.position?.end.offset)
      note.headings.push({
        line: node.position?.start.line ?? 0,
        level: node.depth,
        text: first ? words.replace(/\s+/g, ' ').trim() : '',
      })
    }
  walk(tree, (node) => readNode(note, node, source, text))
  note.links.sort((a, b) => a.start - b.start)
  return note
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  if ('children' in node) for (const child of node.children) walk(child, visit)
}

const range = (node: Node) => ({
  start: node.position?.start.offset ?? 0,
  end: node.position?.end.offset ?? 0,
})

function readNode(note: ReferenceNote, node: Node, source: string, text: string): void {
  const { start, end } = range(node)
  if (node.type === 'listItem') {
    const box = /^((?:[-*+]|\d+[.)])[ \t]+\[)(.)\](?=\s|$)/u.exec(text.slice(start, end))
    if (box)
      note.tasks.push({
        line: node.position?.start.line ?? 0,
        mark: box[2] ?? '',
        markAt: start + (box[1] ?? '').length,
      })
  }
  if (node.type === 'paragraph' || node.type === 'heading' || node.type === 'tableCell')
    note.links.push(...phraseLinks(node, source, text))
  if (node.type === 'tableRow') note.links.push(...barredLinks(source, start, end))
  if (node.type === 'definition') addMarkdown(note.links, node.url, { embed: false, start, end })
}

/** Links in a run of words: wikilinks where no code, HTML, escape or mathematics is, and Markdown's. */
function phraseLinks(node: Node, source: string, text: string): ReferenceLink[] {
  const { start, end } = range(node)
  const links: ReferenceLink[] = []
  let words = text.slice(start, end)
  const hide = (from: number, to: number) => {
    words = words.slice(0, from) + covered(words.slice(from, to)) + words.slice(to)
  }
  walk(node, (child) => {
    const place = range(child)
    if (child.type === 'inlineCode' || child.type === 'html')
      hide(place.start - start, place.end - start)
  })
  const escapes = /\\[!-/:-@[-`{}~]/g
  for (const found of words.matchAll(escapes)) hide(found.index, found.index + 2)
  const mathematics = /\$\$[^$]+?\$\$|\$(?![\s$])[^$]*?(?<!\s)\$(?!\d)/g
  for (const found of words.matchAll(mathematics)) hide(found.index, found.index + found[0].length)
  walk(node, (child) => {
    const place = range(child)
    // Autolinks have no words of their own, and what is hidden is no link.
    const isWritten = /^!?\[/.test(words.slice(place.start - start))
    if ((child.type === 'link' || child.type === 'image') && isWritten)
      addMarkdown(links, child.url, { embed: child.type === 'image', ...place })
  })
  for (const found of words.matchAll(/!?\[\[[^[\]\r\n]+\]\]/g))
    links.push(wikilink(source, start + found.index, start + found.index + found[0].length))
  return links
}

function wikilink(source: string, start: number, end: number): ReferenceLink {
  const written = source.slice(start, end)
  const embed = written.startsWith('!')
  const [target = ''] = written.slice(embed ? 3 : 2, -2).split(/\\?\|/)
  return { form: 'wiki', embed, start, end, target: target.trim() }
}

/** A wikilink with a bar that is not escaped: GFM cuts its cell in two, but it names a note all the same. */
const barredLinks = (source: string, start: number, end: number): ReferenceLink[] =>
  [...source.slice(start, end).matchAll(/(?<![\\`])!?\[\[[^[\]\r\n|\\]+\|[^[\]\r\n]+\]\]/g)].map(
    (found) => wikilink(source, start + found.index, start + found.index + found[0].length),
  )

const frontLinks = (front: string): ReferenceLink[] =>
  [...front.matchAll(/!?\[\[[^[\]\r\n]+\]\]/g)].map((found) =>
    wikilink(front, found.index, found.index + found[0].length),
  )

function addMarkdown(
  links: ReferenceLink[],
  url: string,
  place: { embed: boolean; start: number; end: number },
): void {
  if (url === '' || url.startsWith('//') || /^[a-z][a-z0-9+.-]*:/i.test(url)) return
  const { embed, start, end } = place
  links.push({ form: 'markdown', embed, start, end, target: percentDecoded(url) })
}

function percentDecoded(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url // A stray % is a character like any other.
  }
}

const covered = (text: string): string => text.replace(/[^\r\n]/g, 'x')

/**
 * Obsidian's blocks that micromark does not know, told by what begins first: in code nothing begins.
 * Mathematics becomes words without meaning; comments lose what would begin a heading, list or code.
 */
function withoutEnclosed(text: string): string {
  const blocks =
    /^(?<lead>[ \t>]*(?:[-*+] |\d+[.)] )?)(?:(?<fence>`{3,}(?=[^`\n]*$)|~{3,})[^]*?(?:^[ \t>]*\k<fence>[`~]*[ \t]*\r?$|(?![^]))|\$\$(?![^\n]*\$\$)(?<math>[^]*?)\$\$|%%(?![^\n]*%%)(?<comment>[^]*?)%%)|\$\$(?<inline>(?:(?!\n[ \t>]*\r?\n|\$\$)[^])+)\$\$/gm
  return text.replace(blocks, (whole, ...rest) => {
    const { math, inline, comment } = rest.at(-1) as Record<string, string | undefined> // The pattern's groups.
    if (math !== undefined || inline !== undefined)
      return whole.replace(
        /^([ \t>]*)(.*)$/gm,
        (_, lead: string, words: string) => lead + covered(words),
      )
    if (comment !== undefined)
      return whole.replace(
        /^([ \t>]*)([^\w\s![]+)/gm,
        (_, lead: string, marks: string) => lead + covered(marks),
      )
    return whole
  })
}
