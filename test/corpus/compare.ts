import { scanNote } from '../../servers/obsidian/note-scan.ts'
import { readReference } from './reference-parser.ts'

/** How many things both parsers were asked about, and each that only one of them sees. */
export type Comparison = {
  links: number
  embeds: number
  headings: number
  tasks: number
  differences: { line: number; text: string }[]
}

/** Reads a note with the product's scanner and with the reference parser. */
export function compareNote(text: string): Comparison {
  const note = scanNote(text)
  const reference = readReference(text)
  const ours = [
    ...note.scan.headings.map(
      (heading) => `heading:${heading.line}:${heading.level}:${heading.text.replace(/\s+/g, ' ')}`,
    ),
    ...note.tasks.map(({ line, mark, markAt }) => `task:${line}:${markAt}:${mark}`),
    ...note.links.map((link) => linkKey(text, { ...link, target: link.target + link.subpath })),
  ]
  const theirs = [
    ...reference.headings.map(
      ({ line, level, text: words }) => `heading:${line}:${level}:${words}`,
    ),
    ...reference.tasks.map(({ line, mark, markAt }) => `task:${line}:${markAt}:${mark}`),
    ...reference.links.map((link) => linkKey(text, link)),
  ]
  const [own, other] = [new Set(ours), new Set(theirs)]
  return {
    links: reference.links.filter(({ embed }) => !embed).length,
    embeds: reference.links.filter(({ embed }) => embed).length,
    headings: reference.headings.length,
    tasks: reference.tasks.length,
    differences: [
      ...ours.filter((key) => !other.has(key)).map((key) => difference(key, 'only the scanner')),
      ...theirs.filter((key) => !own.has(key)).map((key) => difference(key, 'only the reference')),
    ],
  }
}

type Found = { form: string; embed: boolean; start: number; end: number; target: string }

const linkKey = (text: string, { form, embed, start, end, target }: Found): string =>
  `${embed ? 'embed' : 'link'}:${text.slice(0, start).split('\n').length}:${start}-${end}:${form}:${target.replace(/\s+/g, '')}`

const difference = (key: string, who: string) => ({
  line: Number(key.split(':')[1]),
  text: `${who} sees ${key}`,
})
