import { expect, test } from 'vitest'
import type { NoteMeta } from '../../../servers/obsidian/note-meta.ts'
import { VaultIndex } from '../../../servers/obsidian/vault-index.ts'
import { formatDate } from '../../../servers/obsidian/query/date-format.ts'
import { evaluate } from '../../../servers/obsidian/query/evaluate.ts'
import { parseFormula } from '../../../servers/obsidian/query/formula.ts'
import { plain } from '../../../servers/obsidian/query/values.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { writeFiles } from '../../helpers/repo.ts'

const note = `---
status: open
price: 12.5
due: 2026-03-31
tags: [a/b, c]
links: ["[[Other]]"]
"my key": x
---
[[Other]] ![[pic.png]]
`

const formulas: [string, unknown][] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * -3', -9],
  ['7 % 4 == 3 && !false', true],
  ['"a" + 1', 'a1'],
  ['status == "open" || missing', true],
  ['price > 12 && price <= 12.5', true],
  ['note["my key"]', 'x'],
  ['price.round()', 13],
  ['(2.345).toFixed(1)', '2.3'],
  ['due + "1M"', '2026-04-30'],
  ['due - "1 week"', '2026-03-24'],
  ['date("2026-04-01") - due', 86_400_000],
  ['due < date("2026-04-01")', true],
  ['due < "2026-04-01"', true],
  ['due.year * 100 + due.month', 202_603],
  ['due.format("DD.MM.YY")', '31.03.26'],
  ['file.name', 'Note.md'],
  ['file.basename + "." + file.ext', 'Note.md'],
  ['file.folder', 'In'],
  ['file.hasTag("a")', true],
  ['file.hasTag("b")', false],
  ['file.inFolder("In") && !file.inFolder("I")', true],
  ['file.hasLink("Other")', true],
  ['file.hasLink(link("Other"))', true],
  ['file.hasProperty("Price")', true],
  ['file.tags', ['#a/b', '#c']],
  ['links[0].asFile().name', 'Other.md'],
  ['links.contains(link("Other"))', true],
  ['file.embeds.length', 1],
  ['["b", "a", "b"].unique().sort().join("-")', 'a-b'],
  ['[1, 2, 3].filter(value > 1).map(value * 10)', [20, 30]],
  ['[1, 2, 3].reduce(acc + value, 0)', 6],
  ['[[1], [2, 3]].flat().length', 3],
  ['"Hello World".lower().split(" ")[1]', 'world'],
  ['"hello world".title()', 'Hello World'],
  ['"a-b-c".replace("-", "+")', 'a+b+c'],
  ['"a1b22".replace(/[0-9]+/g, "#")', 'a#b#'],
  ['/^o.*n$/.matches(status)', true],
  ['"abc".slice(1)', 'bc'],
  ['"abc".containsAny("x", "b")', true],
  ['missing.contains("x")', false],
  ['missing.isEmpty() && !status.isEmpty()', true],
  ['if(price > 100, "dear", "cheap")', 'cheap'],
  ['max(1, 5, 3) - min(4, 2)', 3],
  ['number("12") + number(true)', 13],
  ['{a: 1, "b": 2}.keys()', ['a', 'b']],
  ['price.isType("number")', true],
  ['list(status).length', 1],
  ['today() > date("2020-01-01")', true],
  ['"x".repeat(3)', 'xxx'],
  ['1 / 0', null],
]

test.each(formulas)('%s', async (source, wanted) => {
  const root = makeFolder()
  writeFiles(root, { 'In/Note.md': note, 'Other.md': '', 'pic.png': '' })
  const index = new VaultIndex(root, [])
  await index.refresh()
  const scope = {
    index,
    path: 'In/Note.md',
    note: index.notes.get('In/Note.md') as NoteMeta,
    formulas: new Map(),
    thisPath: undefined,
    now: Date.now(),
    budget: { steps: 10_000 },
    open: [],
    locals: {},
  }
  expect(plain(evaluate(parseFormula(source), scope))).toEqual(wanted)
  index.close()
})

test.each([
  ['YYYY-[W]WW', '2026-W01'],
  ['gggg-ww', '2026-01'],
  ['dddd, MMMM Do YYYY', 'Thursday, January 1st 2026'],
  ['HH:mm:ss A', '09:05:03 AM'],
  ['DDDD [day]', '001 day'],
])('a date in the form %s is %s', (form, wanted) =>
  expect(formatDate(new Date(2026, 0, 1, 9, 5, 3), form)).toBe(wanted),
)
