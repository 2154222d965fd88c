import { hasTag } from '../note-scan.ts'
import { nameOf } from '../note-meta.ts'
import { compilePattern } from './pattern.ts'
import type { Query, SearchScope } from './search-parser.ts'
import type { Literal } from './search-literals.ts'
import { literalsOf } from './search-literals.ts'
import type { Part, SearchedNote } from './searched-note.ts'
import { lowered, partsOf, partsWith } from './searched-note.ts'

export type Found = { start: number; end: number }

/** What a search is held against: a whole note, or a piece of it. */
type Subject = {
  note: SearchedNote
  content: Part
  lower: string
  isWhole: boolean
  /** Where the words stand; undefined where only the answer is wanted, which is found sooner. */
  found: Found[] | undefined
}

export type Matcher = (subject: Subject) => boolean

const maxFound = 200

/** Whether the note fits. */
export const isMatch = (matcher: Matcher, note: SearchedNote): boolean =>
  matcher(whole(note, undefined))

/** Where the words of a search stand in a note, from the first to the last. */
export function placesIn(matcher: Matcher, note: SearchedNote): Found[] {
  const found: Found[] = []
  matcher(whole(note, found))
  return found.sort((a, b) => a.start - b.start)
}

const whole = (note: SearchedNote, found: Found[] | undefined): Subject => ({
  note,
  content: { text: note.text, start: 0 },
  lower: note.lower,
  isWhole: true,
  found,
})

/** Prepares a search once for all notes. */
export function compileSearch(query: Query): Matcher {
  switch (query.kind) {
    case 'all':
      return () => true
    case 'and': {
      const parts = query.parts.map(compileSearch)
      return (subject) => parts.every((part) => part(subject))
    }
    case 'or': {
      const parts = query.parts.map(compileSearch)
      return (subject) =>
        subject.found
          ? parts.map((part) => part(subject)).includes(true)
          : parts.some((part) => part(subject))
    }
    case 'not': {
      const part = compileSearch(query.part)
      return (subject) => !part({ ...subject, found: undefined })
    }
    case 'text':
      return textMatcher(query.text, query.matchCase)
    case 'regex': {
      const pattern = compilePattern(query.pattern, query.flags)
      return ({ content, found }) => {
        const at = pattern.find(content.text)
        if (at) keep(found, content.start + at.start, content.start + at.end)
        return at !== undefined
      }
    }
    case 'tag':
      return ({ note }) => hasTag(note.tags, query.tag)
    case 'property':
      return propertyMatcher(query)
    case 'scope':
      return scopeMatcher(query.scope, compileSearch(query.part), literalsOf(query.part))
  }
}

function textMatcher(text: string, matchCase: boolean): Matcher {
  const wanted = matchCase ? text : lowered(text)
  return ({ note, content, lower, isWhole, found }) => {
    const within = matchCase ? content.text : lower
    const first = within.indexOf(wanted)
    const fits =
      first >= 0 || (isWhole && !matchCase && lowered(nameOf(note.path)).includes(wanted))
    if (wanted === '' || !found) return fits
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
  return ({ note }) => {
    const { properties } = note
    const key = Object.keys(properties).find((other) => other.toLowerCase() === name.toLowerCase())
    if (key === undefined) return false
    const held = properties[key]
    const isEmpty = held === null || held === '' || (Array.isArray(held) && held.length === 0)
    if (test === 'null') return isEmpty
    if (test)
      return (
        typeof held === 'number' && (test.sign === '<' ? held < test.number : held > test.number)
      )
    if (!inner) return true
    return (Array.isArray(held) ? held : [held]).some((item) => {
      const text = typeof item === 'object' ? JSON.stringify(item) : String(item)
      const content = { text, start: 0 }
      return inner({ note, content, lower: lowered(text), isWhole: false, found: undefined })
    })
  }
}

function scopeMatcher(scope: SearchScope, part: Matcher, literals: Literal[] | undefined): Matcher {
  if (scope === 'content') return (subject) => part({ ...subject, isWhole: false })
  if (scope === 'file' || scope === 'path')
    return (subject) => {
      const { path } = subject.note
      const text = scope === 'file' ? path.slice(path.lastIndexOf('/') + 1) : path
      const content = { text, start: 0 }
      return part({ ...subject, content, lower: lowered(text), isWhole: false, found: undefined })
    }
  return (subject) => {
    const { note, found } = subject
    const fits = (content: Part) =>
      part({ ...subject, content, lower: lowerOf(note, content), isWhole: false })
    if (found) return partsOf(note, scope).map(fits).includes(true)
    for (const content of partsWith(note, scope, literals)) if (fits(content)) return true
    return false
  }
}

/** Cut out of the note's own lower case, which is the same at the bounds of a part. */
const lowerOf = (note: SearchedNote, { text, start, isCopy }: Part): string =>
  note.isFolded && isCopy !== true ? note.lower.slice(start, start + text.length) : lowered(text)

function keep(found: Found[] | undefined, start: number, end: number): void {
  if (found && found.length < maxFound) found.push({ start, end })
}
