import type { Note } from '../../servers/obsidian/note-scan.ts'
import { hasTag } from '../../servers/obsidian/note-scan.ts'
import { nameOf } from '../../servers/obsidian/note-meta.ts'
import { RE2JS } from 're2js'
import type { Query, SearchScope } from '../../servers/obsidian/query/search-parser.ts'

/** A piece of a note that is searched, with where it begins in the whole text. */
type Part = { text: string; start: number }
type Found = { start: number; end: number }
type Subject = {
  path: string
  note: Note
  content: Part
  lower: string
  isWhole: boolean
  found: Found[]
}

/**
 * Holds a search against one note in the plainest way there is: every part of it is looked at, with
 * nothing prepared and nothing left out. What the product finds by shorter ways has to be the same.
 */
export function plainSearch(query: Query, path: string, note: Note): Found[] | undefined {
  const { text } = note.scan
  const found: Found[] = []
  const fits = compileSearch(query)({
    path,
    note,
    content: { text, start: 0 },
    lower: lowered(text),
    isWhole: true,
    found,
  })
  return fits ? found.sort((a, b) => a.start - b.start) : undefined
}

type Matcher = (subject: Subject) => boolean

const maxFound = 200

/** Lower case that keeps every position: a letter that would become two stays as it is. */
function lowered(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length
    ? lower
    : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Prepares a search once for all notes. */
function compileSearch(query: Query): Matcher {
  switch (query.kind) {
    case 'all':
      return () => true
    case 'and': {
      const parts = query.parts.map(compileSearch)
      return (subject) => parts.every((part) => part(subject))
    }
    case 'or': {
      const parts = query.parts.map(compileSearch)
      return (subject) => parts.map((part) => part(subject)).includes(true)
    }
    case 'not': {
      const part = compileSearch(query.part)
      return (subject) => !part({ ...subject, found: [] })
    }
    case 'text':
      return textMatcher(query.text, query.matchCase)
    case 'regex': {
      const pattern = RE2JS.compile(query.pattern, flagsOf(query.flags))
      return ({ content, found }) => {
        const at = pattern.matcher(content.text)
        const isThere = at.find()
        if (isThere) keep(found, content.start + at.start(), content.start + at.end())
        return isThere
      }
    }
    case 'tag':
      return ({ note }) => hasTag(note.tags, query.tag)
    case 'property':
      return propertyMatcher(query)
    case 'scope':
      return scopeMatcher(query.scope, compileSearch(query.part))
  }
}

function textMatcher(text: string, matchCase: boolean): Matcher {
  const wanted = matchCase ? text : lowered(text)
  return ({ content, lower, path, isWhole, found }) => {
    const within = matchCase ? content.text : lower
    const first = within.indexOf(wanted)
    const fits = first >= 0 || (isWhole && !matchCase && lowered(nameOf(path)).includes(wanted))
    if (wanted === '') return fits
    for (
      let at = first;
      at >= 0 && found.length < maxFound;
      at = within.indexOf(wanted, at + wanted.length)
    ) {
      keep(found, content.start + at, content.start + at + wanted.length)
    }
    return fits
  }
}

function propertyMatcher({ name, value, test }: Extract<Query, { kind: 'property' }>): Matcher {
  const inner = value && compileSearch(value)
  return ({ path, note }) => {
    const { values } = note.properties
    const key = Object.keys(values).find((other) => other.toLowerCase() === name.toLowerCase())
    if (key === undefined) return false
    const held = values[key]
    const isEmpty = held === null || held === '' || (Array.isArray(held) && held.length === 0)
    if (test === 'null') return isEmpty
    if (test)
      return (
        typeof held === 'number' && (test.sign === '<' ? held < test.number : held > test.number)
      )
    if (!inner) return true
    return (Array.isArray(held) ? held : [held]).some((item) => {
      const text = typeof item === 'object' ? JSON.stringify(item) : String(item)
      return inner({
        path,
        note,
        content: { text, start: 0 },
        lower: lowered(text),
        isWhole: false,
        found: [],
      })
    })
  }
}

function scopeMatcher(scope: SearchScope, part: Matcher): Matcher {
  return (subject) => {
    const { path, note } = subject
    if (scope === 'file' || scope === 'path') {
      const text = scope === 'file' ? path.slice(path.lastIndexOf('/') + 1) : path
      return part({
        ...subject,
        content: { text, start: 0 },
        lower: lowered(text),
        isWhole: false,
        found: [],
      })
    }
    if (scope === 'content') return part({ ...subject, isWhole: false })
    return partsOf(note, scope)
      .map((content) => part({ ...subject, content, lower: lowered(content.text), isWhole: false }))
      .includes(true)
  }
}

function partsOf(
  { scan, tasks }: Note,
  scope: Exclude<SearchScope, 'file' | 'path' | 'content'>,
): Part[] {
  const { text, lines } = scan
  switch (scope) {
    case 'line':
      return lines.map((line) => ({ text: line.text, start: line.start }))
    case 'section': {
      const starts = [0, ...scan.headings.map(({ start }) => start)]
      return starts.map((start, index) => ({
        text: text.slice(start, starts[index + 1] ?? text.length),
        start,
      }))
    }
    case 'block': {
      const blocks: Part[] = []
      let start = -1
      for (const line of lines) {
        if (line.text.trim() === '' && start >= 0) {
          blocks.push({ text: text.slice(start, line.start), start })
          start = -1
        } else if (line.text.trim() !== '' && start < 0) start = line.start
      }
      return start < 0 ? blocks : [...blocks, { text: text.slice(start), start }]
    }
    case 'task':
    case 'task-todo':
    case 'task-done':
      return tasks
        .filter(({ mark }) => scope === 'task' || (scope === 'task-todo') === (mark === ' '))
        .map((task) => ({ text: task.text, start: task.markAt + task.mark.length + 2 }))
  }
}

function keep(found: Found[], start: number, end: number): void {
  if (found.length < maxFound) found.push({ start, end })
}

const flagsOf = (flags: string): number =>
  (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
  (flags.includes('m') ? RE2JS.MULTILINE : 0) |
  (flags.includes('s') ? RE2JS.DOTALL : 0)
