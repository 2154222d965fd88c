import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { scanNote } from '../../../servers/obsidian/note-scan.ts'
import { compilePattern } from '../../../servers/obsidian/query/pattern.ts'
import { compileSearch, isMatch, placesIn } from '../../../servers/obsidian/query/search-match.ts'
import { parseSearch } from '../../../servers/obsidian/query/search-parser.ts'
import { prepareNote, unscannedNote } from '../../../servers/obsidian/query/searched-note.ts'
import { plainSearch } from '../../helpers/plain-search.ts'

const word = fc.constantFrom(
  ...['plan', 'Plan', 'PLANS', 'a', 'an', 'İstanbul', 'ΟΔΟΣ', 'straße', '計画', '🟢', 'K', 'ſo'],
  ...['2026-11-25', '#tag', '#tag/inner', '`plan`', 'x1', '_a_', '--', 'budget'],
)
const words = fc.array(word, { maxLength: 6 }).map((list) => list.join(' '))
const line = fc.oneof(
  words,
  words.map((text) => `# ${text}`),
  words.map((text) => `## ${text}`),
  words.map((text) => `- [ ] ${text}`),
  words.map((text) => `- [x] ${text}`),
  fc.constantFrom('', '', '   ', '\t', '```', '---', '\uFEFF', '\u00A0'),
)
const note = fc
  .tuple(
    fc.constantFrom('', '---\nstatus: Plan\nn: 3\nlist: [a, PLANS]\nempty:\n---\n'),
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\n'),
  )
  .map(([front, lines, ending, last]) => front + lines.join(ending) + last)
const path = fc.constantFrom('Plan.md', 'a/İ.md', 'Folder/An other.md', 'x1.md')

const regex = fc.constantFrom(
  ...['/plan/', '/plan/i', '/[a-z]+t/', '/\\d{4}-\\d\\d/', '/plan|budget/', '/a?n/', '/(plan)s?/i'],
  ...[
    '/^plan/m',
    '/n$/',
    '/\\bplan\\b/',
    '/k/i',
    '/s/i',
    '/[^a]n/',
    '/x\\d/',
    '/a{2}|b{1,2}u/',
    '/計/',
  ],
)
const atom = fc.oneof(
  { weight: 4, arbitrary: word.filter((text) => !/[`#-]/.test(text)) },
  fc.tuple(word, word).map(([a, b]) => `"${a} ${b}"`),
  regex,
  fc.constantFrom('""', 'tag:#tag', 'tag:tag/inner', '[status]', '[status:plan]', '[n:>2]'),
  fc.constantFrom('[list:plans]', '[empty:null]', '[status:match-case:plan]', '[list:/PL/]'),
)
const { query } = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `${a} ${b}`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a} OR ${b})`),
    tie('query').map((inner) => `-(${inner})`),
    fc
      .tuple(
        fc.constantFrom(
          ...['line', 'block', 'section', 'task', 'task-todo', 'task-done'],
          ...['content', 'file', 'path', 'match-case', 'ignore-case'],
        ),
        tie('query'),
      )
      .map(([scope, inner]) => `${scope}:(${inner})`),
  ),
}))

test('whatever is searched for, the same notes fit and the same places are found as without shortcuts', () => {
  fc.assert(
    fc.property(query, path, note, (source, name, text) => {
      const parsed = parseSearch(source)
      const wanted = plainSearch(parsed, name, scanNote(text))
      const matcher = compileSearch(parsed)
      for (const prepared of [prepareNote(name, scanNote(text)), unscannedNote(name, text)]) {
        expect(isMatch(matcher, prepared)).toBe(wanted !== undefined)
        if (wanted) expect(placesIn(matcher, prepared)).toEqual(wanted)
      }
    }),
    { numRuns: 1500 },
  )
})

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'K',
    's',
    '1',
    ' ',
    '.',
    '-',
    '/',
    '\\.',
    '\\d',
    '\\w',
    '\\s',
    '\\b',
    '^',
    '$',
    '|',
  ],
  ...[
    '[a-c]',
    '[^a]',
    '[\\d.]',
    '[kS]',
    '(a|b)',
    '(?:ab)',
    '(?i)',
    '計',
    '\\pL',
    '\\x61',
    '[[:alpha:]]',
  ],
)
const pieces = fc.array(
  fc.tuple(piece, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0}', '+?', '{17}')),
  { minLength: 1, maxLength: 6 },
)
const subject = fc
  .array(fc.constantFrom(...'aabbccKkKsſS11 .-/\n計é'.split('')), { maxLength: 30 })
  .map((list) => list.join(''))

test('a regular expression finds the same place as RE2 does by itself', () => {
  fc.assert(
    fc.property(pieces, fc.constantFrom('', 'i', 'm', 'is'), subject, (parts, flags, text) => {
      const source = parts.map((part) => part.join('')).join('')
      const bits =
        (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
        (flags.includes('m') ? RE2JS.MULTILINE : 0) |
        (flags.includes('s') ? RE2JS.DOTALL : 0)
      let plain: RE2JS
      try {
        plain = RE2JS.compile(source, bits)
      } catch {
        return // No expression for either.
      }
      const at = plain.matcher(text)
      const wanted = at.find() ? { start: at.start(), end: at.end() } : undefined
      expect(compilePattern(source, flags).find(text)).toEqual(wanted)
    }),
    { numRuns: 4000 },
  )
})
