import { maskInline } from '../kit/markdown/inline.ts'
import type { Line, Scan } from '../kit/markdown/scan.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import type { NoteLink } from './link-scan.ts'
import { scanLinks } from './link-scan.ts'
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
const boxForm = /^\[(.)\](?:[ \t]+(.*))?$/u
const blockForm = /(?:^|\s)\^([A-Za-z0-9-]+)\s*$/
const calloutForm = />\s*\[!([^\]]+)\]([+-]?)\s*(.*)$/
const queryFence = /^(?:`{3,}|~{3,})\s*(query|base)\s*$/

export function scanNote(text: string): Note {
  const scan = scanMarkdown(text)
  const masked = maskInline(scan)
  const properties = readProperties(scan)
  const tags = new Map<string, string>()
  for (const tag of listOf(properties.values.tags)) addTag(tags, tag)
  const note: Note = {
    scan,
    properties,
    links: scanLinks(scan, masked),
    tags: [],
    aliases: listOf(properties.values.aliases),
    tasks: [],
    blocks: [],
    callouts: [],
    fields: [],
    queries: findQueries(scan),
  }
  scan.lines.forEach((line, index) => {
    const words = masked[index] ?? ''
    if (line.kind !== 'text' || line.content >= line.end) return
    if (words.includes('#'))
      for (const found of withoutLinks(words).matchAll(tagForm)) addTag(tags, found[1] ?? '')
    readLine(note, line, words)
  })
  note.tags = [...tags.values()]
  return note
}

/** `words` is the line with code covered: what is found there is read from the line itself. */
function readLine(note: Note, line: Line, words: string): void {
  const { number, start, text } = line
  const lead = line.content - start
  const box = line.isItem && text[lead] === '[' ? boxForm.exec(text.slice(lead)) : null
  if (box)
    note.tasks.push({
      line: number,
      mark: box[1] ?? ' ',
      markAt: line.content + 1,
      text: box[2] ?? '',
    })
  const block = words.includes('^') ? blockForm.exec(words)?.[1] : undefined
  if (block !== undefined) note.blocks.push({ id: block, line: number })
  const callout = text[lead] === '[' && text[lead + 1] === '!' ? calloutForm.exec(text) : null
  if (callout)
    note.callouts.push({
      line: number,
      type: (callout[1] ?? '').toLowerCase(),
      fold: (callout[2] ?? '') as '' | '+' | '-',
      title: callout[3] ?? '',
    }) // By the pattern.
  if (words.includes('::')) readFields(note, line, words)
}

function readFields({ fields }: Note, { text, number: line }: Line, words: string): void {
  const read = (part: string, from: number) => text.slice(from, from + part.length).trim()
  for (const found of words.matchAll(/([[(])([^[\]()\n:]{1,60})(::\s*)([^[\]()\n]*)[\])]/g)) {
    const [, , key = '', colons = '', value = ''] = found
    const at = found.index + 1
    fields.push({ key: key.trim(), value: read(value, at + key.length + colons.length), line })
  }
  const whole = /^(\s*(?:[-*+]\s+)?)([^[\]()\0:\n]{1,60})(::\s+)(.*)$/.exec(words)
  if (!whole) return
  const [all, , key = '', , value = ''] = whole
  fields.push({
    key: key.replace(/[*_]/g, '').trim(),
    value: read(value, all.length - value.length),
    line,
  })
}

function findQueries({ lines, text }: Scan): Note['queries'] {
  const queries: Note['queries'] = []
  lines.forEach((line, index) => {
    if (line.kind !== 'fence') return
    const language = queryFence.exec(text.slice(line.content, line.end))?.[1]
    if (language !== 'query' && language !== 'base') return
    let close = index + 1
    while (lines[close]?.kind === 'code') close++
    queries.push({
      language,
      line: line.number,
      start: line.next,
      end: lines[close]?.start ?? text.length,
    })
  })
  return queries
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
