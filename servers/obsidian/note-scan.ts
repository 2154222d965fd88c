import type { Scan } from '../kit/markdown/scan.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import type { NoteLink } from './link-scan.ts'
import { scanLinks, withoutCode } from './link-scan.ts'
import type { Properties } from './properties.ts'
import { readProperties } from './properties.ts'

type NoteTask = { line: number; mark: string; markAt: number; text: string }
type Callout = { line: number; type: string; fold: '' | '+' | '-'; title: string }

/** What a note holds, as spans and lists; nothing of it is written back. */
export type Note = {
  scan: Scan
  properties: Properties
  links: NoteLink[]
  /** Tags of the text and the properties, without `#`, as first written. */
  tags: string[]
  aliases: string[]
  tasks: NoteTask[]
  blocks: { id: string; line: number }[]
  callouts: Callout[]
  /** `key:: value` and `[key:: value]`, as Dataview has them. */
  fields: { key: string; value: string; line: number }[]
  /** Blocks of code that are queries: where their text is. */
  queries: { language: 'query' | 'base'; line: number; start: number; end: number }[]
}

const tagForm =
  /(?<![\p{L}\p{N}_/#&-])#([\p{L}\p{N}\p{M}_/\p{Extended_Pictographic}-]*[\p{L}\p{M}_/\p{Extended_Pictographic}-][\p{L}\p{N}\p{M}_/\p{Extended_Pictographic}-]*)/gu
const boxForm = /^([ \t>]*(?:[-*+]|\d+[.)])[ \t]+\[)(.)\](?:[ \t]+(.*))?$/u

export function scanNote(text: string): Note {
  const scan = scanMarkdown(text)
  const properties = readProperties(scan)
  const tags = new Map<string, string>()
  for (const tag of listOf(properties.values.tags)) addTag(tags, tag)
  const note: Note = {
    scan,
    properties,
    links: scanLinks(scan),
    tags: [],
    aliases: listOf(properties.values.aliases),
    tasks: [],
    blocks: [],
    callouts: [],
    fields: [],
    queries: findQueries(scan),
  }
  for (const line of scan.lines) {
    if (line.kind !== 'text') continue
    const plain = withoutCode(line.text)
    if (plain.includes('#'))
      for (const found of withoutLinks(plain).matchAll(tagForm)) addTag(tags, found[1] ?? '')
    readLine(note, plain, line.start, line.number)
  }
  note.tags = [...tags.values()]
  return note
}

function readLine(note: Note, text: string, start: number, line: number): void {
  const box = text.includes('[') ? boxForm.exec(text) : null
  if (box)
    note.tasks.push({
      line,
      mark: box[2] ?? ' ',
      markAt: start + (box[1]?.length ?? 0),
      text: box[3] ?? '',
    })
  const block = /(?:^|\s)\^([A-Za-z0-9-]+)\s*$/.exec(text)?.[1]
  if (block !== undefined) note.blocks.push({ id: block, line })
  const callout = /^\s*>\s*\[!([^\]]+)\]([+-]?)\s*(.*)$/.exec(text)
  if (callout)
    note.callouts.push({
      line,
      type: (callout[1] ?? '').toLowerCase(),
      fold: (callout[2] ?? '') as '' | '+' | '-',
      title: callout[3] ?? '',
    }) // By the pattern.
  if (!text.includes('::')) return
  for (const found of text.matchAll(/[[(]([^[\]()\n:]{1,60})::\s*([^[\]()\n]*)[\])]/g))
    note.fields.push({ key: (found[1] ?? '').trim(), value: (found[2] ?? '').trim(), line })
  const whole = /^\s*(?:[-*+]\s+)?([^[\]()`:\n]{1,60})::\s+(.*)$/.exec(text)
  if (whole)
    note.fields.push({
      key: (whole[1] ?? '').replace(/[*_]/g, '').trim(),
      value: (whole[2] ?? '').trim(),
      line,
    })
}

function findQueries({ lines }: Scan): Note['queries'] {
  return lines.flatMap((line, index): Note['queries'] => {
    const language =
      line.kind === 'fence'
        ? /^[ \t>]*(?:`{3,}|~{3,})\s*(query|base)\s*$/.exec(line.text)?.[1]
        : undefined
    if (language === undefined) return []
    const close = lines.find((other, at) => at > index && other.kind === 'fence')
    return [
      {
        language: language === 'base' ? 'base' : 'query',
        line: line.number,
        start: line.next,
        end: close?.start ?? line.next,
      },
    ]
  })
}

/** `#` in addresses and in `[[note#heading]]` begins no tag. */
const withoutLinks = (text: string) =>
  text.replace(/\[\[[^\]\n]*\]\]|\]\([^)\n]*\)|https?:\/\/\S+/g, (link) => ' '.repeat(link.length))

function addTag(tags: Map<string, string>, tag: string): void {
  const plain = tag.replace(/^#/, '').replace(/\/$/, '')
  if (plain !== '' && !/^\d+$/.test(plain) && !tags.has(plain.toLowerCase()))
    tags.set(plain.toLowerCase(), plain)
}

/** A property that may be one value or a list; text is cut at commas, as Obsidian reads old tags. */
function listOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.filter((item) => typeof item === 'string' || typeof item === 'number').map(String)
  if (typeof value === 'string')
    return value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)
  return typeof value === 'number' ? [String(value)] : []
}

/** Whether a note's tag is this one or below it: `project` has `project/hub`. */
export const hasTag = (tags: string[], wanted: string): boolean => {
  const plain = wanted.replace(/^#/, '').toLowerCase()
  return tags.some(
    (tag) => tag.toLowerCase() === plain || tag.toLowerCase().startsWith(`${plain}/`),
  )
}
