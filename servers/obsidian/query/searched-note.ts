import type { Note } from '../note-scan.ts'
import { scanNote } from '../note-scan.ts'
import type { Literal } from './search-literals.ts'
import type { SearchScope } from './search-parser.ts'

/** A note prepared for being searched again and again. */
export type SearchedNote = {
  path: string
  text: string
  lower: string
  /** Whether `lower` is the text's whole lower case; else only its ASCII letters are lowered. */
  isFolded: boolean
  /** Start and end of each line, one after the other. */
  lines: Uint32Array
  sectionStarts: number[]
  tasks: Note['tasks']
  tags: string[]
  properties: Record<string, unknown>
}

/** A piece of a note, with where it begins. `isCopy` where its text is not the note's own. */
export type Part = { text: string; start: number; isCopy?: boolean }

type PartScope = Exclude<SearchScope, 'file' | 'path' | 'content'>

export function prepareNote(path: string, { scan, tasks, tags, properties }: Note): SearchedNote {
  const lines = new Uint32Array(scan.lines.length * 2)
  for (const [index, line] of scan.lines.entries()) lines.set([line.start, line.end], index * 2)
  const lower = lowered(scan.text)
  return {
    path,
    text: scan.text,
    lower,
    isFolded: scan.text.toLowerCase().length === scan.text.length,
    lines,
    sectionStarts: [0, ...scan.headings.map(({ start }) => start)],
    tasks,
    tags,
    properties: properties.values,
  }
}

/** A note for one search, scanned only when the search asks for more than its text. */
export function unscannedNote(path: string, text: string): SearchedNote {
  let note: SearchedNote | undefined
  const scanned = () => (note ??= prepareNote(path, scanNote(text)))
  return {
    path,
    text,
    lower: lowered(text),
    isFolded: text.toLowerCase().length === text.length,
    get lines() {
      return scanned().lines
    },
    get sectionStarts() {
      return scanned().sectionStarts
    },
    get tasks() {
      return scanned().tasks
    },
    get tags() {
      return scanned().tags
    },
    get properties() {
      return scanned().properties
    },
  }
}

/** Lower case that keeps every position: a letter that would become two stays as it is. */
export function lowered(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length
    ? lower
    : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** All parts of a note that a scope asks about. */
export function partsOf(note: SearchedNote, scope: PartScope): Part[] {
  switch (scope) {
    case 'line':
    case 'section':
    case 'block':
      return paired(spansOf(note, scope)).map(([start, end]) => partAt(note, start, end))
    case 'task':
    case 'task-todo':
    case 'task-done':
      return note.tasks
        .filter(({ mark }) => scope === 'task' || (scope === 'task-todo') === (mark === ' '))
        .map((task) => ({
          text: task.text,
          start: task.markAt + task.mark.length + 2,
          isCopy: true, // Code in it is blanked out.
        }))
  }
}

/** The parts that hold one of the literals; without literals, all. */
export function* partsWith(
  note: SearchedNote,
  scope: PartScope,
  literals: Literal[] | undefined,
): Generator<Part> {
  const isPlain = scope === 'line' || scope === 'section' || scope === 'block'
  if (!literals || !isPlain || !note.isFolded) return yield* partsOf(note, scope)
  const held = literals.filter((literal) => placeOf(note, literal, 0) >= 0)
  if (held.length === 0) return
  const spans = spansOf(note, scope)
  for (const literal of held) {
    let at = 0
    for (let place = placeOf(note, literal, 0); place >= 0;) {
      while ((spans[at + 1] ?? Infinity) <= place) at += 2
      const [start, end] = [spans[at], spans[at + 1]]
      if (start === undefined || end === undefined) break
      if (start <= place) yield partAt(note, start, end)
      place = placeOf(note, literal, start <= place ? end : place + 1)
    }
  }
}

/** Where a literal stands next, or -1. */
function placeOf({ text, lower }: SearchedNote, literal: Literal, from: number): number {
  return literal.matchCase
    ? text.indexOf(literal.text, from)
    : lower.indexOf(lowered(literal.text), from)
}

const partAt = ({ text }: SearchedNote, start: number, end: number): Part => ({
  text: text.slice(start, end),
  start,
})

/** Start and end of each line, section or block, one after the other. */
function spansOf(note: SearchedNote, scope: 'line' | 'section' | 'block'): ArrayLike<number> {
  const { text, lines, sectionStarts } = note
  if (scope === 'line') return lines
  if (scope === 'section')
    return sectionStarts.flatMap((start, index) => [start, sectionStarts[index + 1] ?? text.length])
  const spans: number[] = []
  let open = -1
  for (let at = 0; at < lines.length; at += 2) {
    const start = lines[at] ?? 0
    const isBlank = text.slice(start, lines[at + 1]).trim() === ''
    if (isBlank && open >= 0) {
      spans.push(open, start)
      open = -1
    } else if (!isBlank && open < 0) open = start
  }
  if (open >= 0) spans.push(open, text.length)
  return spans
}

const paired = (spans: ArrayLike<number>): [number, number][] =>
  Array.from({ length: spans.length / 2 }, (_unused, index) => [
    spans[index * 2] ?? 0,
    spans[index * 2 + 1] ?? 0,
  ])
