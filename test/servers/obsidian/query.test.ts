import { expect, test } from 'vitest'
import { failure } from '../../helpers/hub.ts'
import { startVault } from '../../helpers/vault.ts'

const base = `filters:
  and:
    - file.ext == "md"
    - or:
        - file.hasTag("book")
        - kind == "book"
formulas:
  age: 2026 - year
  shown: formula.age + " years"
properties:
  formula.age: { displayName: Age }
views:
  - type: table
    name: All
    order: [file.name, formula.shown, year]
    sort: [{ property: year, direction: DESC }]
    groupBy: { property: genre, direction: ASC }
    summaries: { year: Max, file.name: Filled }
  - type: cards
    name: Old
    filters: "formula.age > 50"
    limit: 1
`

const library = {
  'Books.base': base,
  'A.md': '---\nkind: book\nyear: 1950\ngenre: sf\n---\n',
  'B.md': '---\nyear: 2020\ngenre: crime\n---\n#book\n',
  'C.md': '---\nkind: film\nyear: 1960\n---\n',
  'D.md': '---\ntags: book/old\nyear: 1900\n---\n',
  'Page.md':
    '```base\nfilters: file.hasLink(this.file)\n```\n\n```query\ntag:#book -line:(never)\n```\n',
  'Links.md': '[[Page]]',
  '.obsidian/bookmarks.json':
    '{"items":[{"type":"group","items":[{"type":"search","title":"Films","query":"[kind:film]"}]}]}',
}

test('views of bases, query blocks, bookmarks and configured sets are listed and run', async () => {
  const vault = await startVault(library, {
    querySets: { old: { description: '', property: { year: 1900 } } },
  })
  const { items } = await vault.call<{ items: { name: string; version: string }[] }>(
    'queryset_list',
  )
  expect(items.map(({ name }) => name)).toEqual([
    'Books.base#All',
    'Books.base#Old',
    'Page.md#base-1',
    'Page.md#query-2',
    'search:Films',
    'old',
  ])
  const run = (name: string, more = {}) =>
    vault.call<{ rows: { path: string }[] }>('queryset_run', { name, ...more })
  expect(await run('Books.base#All')).toMatchObject({
    rows: [
      {
        path: 'B.md',
        group: 'crime',
        values: { 'file.name': 'B.md', 'formula.shown': '6 years', year: 2020 },
      },
      { path: 'A.md', group: 'sf' },
      { path: 'D.md', group: '' },
    ],
    total: 3,
    summaries: { year: 2020, 'file.name': 3 },
  })
  expect(await run('Books.base#Old')).toMatchObject({
    rows: [{ path: 'A.md' }],
    total: 2,
    truncated: true,
  })
  expect((await run('Page.md#base-1')).rows.map(({ path }) => path)).toEqual(['Links.md'])
  expect((await run('Page.md#query-2')).rows.map(({ path }) => path)).toEqual(['B.md', 'D.md'])
  expect((await run('search:Films')).rows.map(({ path }) => path)).toEqual(['C.md'])
  expect((await run('old')).rows.map(({ path }) => path)).toEqual(['D.md'])
  expect(await failure(run('old', { version: 'other' }))).toMatchObject({ code: 'conflict' })
  expect(await failure(run('Books.base#Al'))).toMatchObject({
    code: 'not_found',
    hint: 'Did you mean Books.base#All?',
  })
})

test.each([
  ['views: [{ type: table, filters: "file.frobnicate(1)" }]', 'unsupported', /frobnicate/],
  [
    'views: [{ type: table, filters: "false && missing.frobnicate()" }]',
    'unsupported',
    /frobnicate/,
  ],
  ['views: [{ type: table, filters: "status ==" }]', 'invalid', /it ends/],
  ['views: [{ type: table, filters: "file.nothing == 1" }]', 'unsupported', /field nothing/],
  [
    'formulas: { a: formula.b, b: formula.a }\nviews: [{ type: table, order: [formula.a] }]',
    'invalid',
    /circle: a → b → a/,
  ],
  [
    'views: [{ type: table, filters: "/(a+)+$/.matches(\\"' + 'a'.repeat(40) + '!\\")" }]',
    undefined,
    /./,
  ],
  [
    'views: [{ type: table, filters: "/(?=x)/.matches(file.name)" }]',
    'unsupported',
    /regular expression/,
  ],
  [
    'views: [{ type: table, filters: "[1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map([1,2,3,4,5,6,7,8,9].map(value))))))))" }]',
    'exhausted',
    /too many steps/,
  ],
  ['views: { broken', 'invalid', /not a base/],
  ['filters: { xor: ["a"] }', 'invalid', /not a base/],
])('%j is answered with %s', async (text, code, message) => {
  const vault = await startVault({ 'X.base': text, 'A.md': '---\nstatus: 1\n---\n' })
  const { items } = await vault.call<{ items: { name: string }[] }>('queryset_list')
  const started = performance.now()
  const run = vault.call('queryset_run', { name: items[0]?.name ?? 'X.base' })
  if (code === undefined) await run
  else
    expect(await failure(run)).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  expect(performance.now() - started).toBeLessThan(15_000)
})

test('a view that is wrong is listed with its problem and keeps no other from running', async () => {
  const vault = await startVault({
    'X.base': `views:
  - { type: table, name: Bad, filters: { xor: [a] } }
  - { type: table, name: Older, sort: [{ column: rank, direction: desc }], order: [file.name] }
  - 3
`,
    'A.md': '---\nrank: 1\n---\n',
    'B.md': '---\nrank: 2\n---\n',
    'Note.md': '```base\nviews: [{ type: 1 }, { type: list, groupBy: { column: rank } }]\n```\n',
  })
  const { items } = await vault.call<{ items: { name: string; problem?: string }[] }>(
    'queryset_list',
  )
  expect(items.map(({ name, problem }) => [name, problem !== undefined])).toEqual([
    ['Note.md#base-1#view 1', true],
    ['Note.md#base-1#list 2', false],
    ['X.base#Bad', true],
    ['X.base#Older', false],
    ['X.base#view 3', true],
  ])
  const run = (name: string) => vault.call<{ rows: { path: string }[] }>('queryset_run', { name })
  const { rows } = await run('X.base#Older')
  expect(rows.map(({ path }) => path).slice(0, 2)).toEqual(['B.md', 'A.md'])
  expect(await run('Note.md#base-1#list 2')).toMatchObject({ rows: [{ group: '1' }, {}, {}, {}] })
  expect(await failure(run('X.base#Bad'))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/xor/) as string,
  })
})

const notes = {
  'Meeting.md':
    '---\nstatus: Done\nrating: 4\n---\n# Monday\nBudget plan\n\nother line\n\n- [ ] call Ada\n- [x] write Bob\n#work\n',
  'Journal/Day.md': '# Day\nbudget only\n\nplan elsewhere\n',
  'Journal/Empty.md': '---\nstatus:\n---\nNothing.\n',
}

test.each([
  ['budget plan', ['Journal/Day.md', 'Meeting.md']],
  ['"budget plan"', ['Meeting.md']],
  ['line:(budget plan)', ['Meeting.md']],
  ['block:(budget plan)', ['Meeting.md']],
  ['section:(budget plan)', ['Journal/Day.md', 'Meeting.md']],
  ['budget -tag:#work', ['Journal/Day.md']],
  ['ada OR elsewhere', ['Journal/Day.md', 'Meeting.md']],
  ['(ada OR nothing) -path:Journal', ['Meeting.md']],
  ['match-case:budget', ['Journal/Day.md']],
  ['task-todo:ada', ['Meeting.md']],
  ['task-todo:bob', []],
  ['task-done:bob', ['Meeting.md']],
  ['task:""', ['Meeting.md']],
  ['file:day', ['Journal/Day.md']],
  ['path:journal', ['Journal/Day.md', 'Journal/Empty.md']],
  ['[status]', ['Journal/Empty.md', 'Meeting.md']],
  ['[status:done]', ['Meeting.md']],
  ['[status:null]', ['Journal/Empty.md']],
  ['[rating:>3]', ['Meeting.md']],
  ['/b[a-z]+t p/i', ['Meeting.md']],
  ['day', ['Journal/Day.md', 'Meeting.md']],
])('the search %s finds %j', async (query, wanted) => {
  const vault = await startVault(notes)
  const { items } = await vault.call<{ items: { path: string }[] }>('note_search', { query })
  expect(items.map(({ path }) => path)).toEqual(wanted)
})

test('a search that is not understood is refused with its place; names are found by their parts', async () => {
  const vault = await startVault(notes)
  expect(await failure(vault.call('note_search', { query: 'a near:b' }))).toMatchObject({
    code: 'unsupported',
    details: { position: 3 },
  })
  expect(await failure(vault.call('note_search', { query: '(a' }))).toMatchObject({
    code: 'invalid',
  })
  expect(await vault.call('note_search', { query: 'meet', mode: 'name' })).toMatchObject({
    items: [{ path: 'Meeting.md', line: 5 }],
  })
  expect(
    await vault.call('note_search', { query: 'budget plan', folder: 'Journal' }),
  ).toMatchObject({ items: [{ path: 'Journal/Day.md', line: 2, heading: ['Day'] }], total: 1 })
})
