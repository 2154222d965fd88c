import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanNote } from '../../../servers/obsidian/note-scan.ts'
import { compareNote } from '../../corpus/compare.ts'

const lead = fc.constantFrom(
  ...[
    '',
    '',
    ' ',
    '   ',
    '    ',
    '\t',
    '> ',
    '>',
    '> > ',
    '- ',
    '* ',
    '1. ',
    '- - ',
    '> - ',
    '  - ',
    '- \t',
  ],
)
const words = fc.constantFrom(
  ...['[[A]]', '[[A|b]] #tag', '![[pic.png]]', '# Head', '## Two #', 'a `code', 'more` [[B]]', 'ü'],
  ...[
    '```',
    '~~~',
    '```js',
    '````',
    '- [ ] task',
    '- [x] done [[C]]',
    '[ ] not',
    '---',
    '===',
    '***',
  ],
  ...[
    '<div>',
    '</div>',
    '<!-- c',
    '-->',
    '<b>x</b> [[D]]',
    '[t](Note.md)',
    '[multi',
    'line](Other.md)',
  ],
  ...[
    '[ref]: Ref.md',
    '| a | b |',
    '|---|---|',
    '| [[E\\|f]] | `x |',
    'x $a$ [[F]] $5',
    '\\[[e]] [[G]]',
  ],
  ...[
    '[![i](i.png)](n.md)',
    '[^1]: foot [[H]]',
    '``a ` [[J]]``',
    '<[[K]]>',
    '$x',
    'y$ [[M]]',
    '',
    '😀',
  ],
)
const document = fc
  .tuple(fc.array(fc.tuple(lead, words), { maxLength: 12 }), fc.constantFrom('\n', '\r\n'))
  .map(([lines, ending]) => lines.map((parts) => parts.join('').trimEnd() + ending).join(''))

test('any text is read as the reference parser reads it', () => {
  // micromark takes an item without words for a line of text when code stands before it.
  const bareItem = /^[-*>\t 0-9.]*(?:[-*]|1\.)\r?$/m
  fc.assert(
    fc.property(document, (text) => {
      fc.pre(!bareItem.test(text))
      expect(compareNote(text).differences).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('everything found in a text has its place in it', () => {
  const noise = fc.array(
    fc.constantFrom(...'$`[]()|\\<>%-#*~ \t\n\r\uFEFF:!"a1^=_é😀'.split(/(?:)/u)),
    {
      maxLength: 80,
    },
  )
  const any = fc.oneof(
    document,
    noise.map((parts) => parts.join('')),
    fc.tuple(document, noise).map(([text, parts]) => text + parts.join('')),
  )
  fc.assert(
    fc.property(any, (text) => {
      const { scan, links, tasks } = scanNote(text)
      expect(scan.lines.map(({ start, next }) => text.slice(start, next)).join('')).toBe(text)
      for (const line of scan.lines) {
        expect(line.text).toBe(text.slice(line.start, line.end))
        expect(line.content).toBeGreaterThanOrEqual(line.start)
        expect(line.content).toBeLessThanOrEqual(line.end)
      }
      for (const heading of scan.headings)
        expect(scan.lines[heading.line - 1]?.start).toBe(heading.start)
      for (const link of links) {
        const whole = text.slice(link.start, link.end)
        expect(whole).toMatch(
          link.form === 'wiki' ? /^!?\[\[[^]*\]\]$/ : /^!?\[[^]*\](?:\([^]*\)|:[^]+)$/,
        )
        const target = text.slice(link.targetStart, link.targetEnd)
        expect(link.form === 'wiki' ? target : unescaped(target)).toBe(link.target)
        expect(scan.lines[link.line - 1]?.start).toBeLessThanOrEqual(link.start)
        expect(scan.lines[link.line - 1]?.next).toBeGreaterThan(link.start)
      }
      for (const task of tasks) toggles(text, task)
    }),
    { numRuns: 1000 },
  )
})
const unescaped = (target: string) => target.replace(/\\([!-/:-@[-`{-~])/g, '$1')

/** Another mark of one byte in the box changes one byte, and the note reads as before but for that. */
function toggles(
  text: string,
  { mark, markAt, line }: { mark: string; markAt: number; line: number },
) {
  expect(text.slice(markAt - 1, markAt + mark.length + 1)).toBe(`[${mark}]`)
  if (Buffer.byteLength(mark) > 1) return
  const toggled = `${text.slice(0, markAt)}${mark === 'x' ? ' ' : 'x'}${text.slice(markAt + 1)}`
  const [before, after] = [Buffer.from(text), Buffer.from(toggled)]
  expect(before.filter((byte, at) => byte !== after[at]).length).toBe(1)
  expect(scanNote(toggled).tasks.map((task) => task.line)).toContain(line)
}
