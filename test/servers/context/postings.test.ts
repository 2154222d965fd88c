import { join } from 'node:path'
import { expect, test } from 'vitest'
import { queryTerms } from '../../../servers/context/engine/analyzer.ts'
import { openIndex } from '../../../servers/context/engine/database.ts'
import { searchWords } from '../../../servers/context/engine/lexical.ts'
import { listInline, listRepository } from '../../../servers/context/engine/listing.ts'
import { Postings } from '../../../servers/context/engine/postings.ts'
import { prepareAll } from '../../../servers/context/engine/preparation.ts'
import { search } from '../../../servers/context/engine/search.ts'
import { stems } from '../../../servers/context/engine/stems.ts'
import { forget, ingest } from '../../../servers/context/engine/writer.ts'
import type { IndexedSource } from '../../../servers/kit/context-index.ts'
import { makeFolder } from '../../helpers/folder.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const source = (id: string): IndexedSource => ({
  id,
  org: 'o',
  kind: 'text',
  name: id,
  path: undefined,
  ref: undefined,
  trust: 'own',
  retentionDays: undefined,
  ignore: [],
})

const questions = [
  'how are stale locks taken over',
  'chargeCardOnce gateway',
  'the relay of tools to an upstream server',
  'tokens of a pack are counted exactly',
  'Straße café naïve',
  'README start',
  'nothingofthesort',
]

test('words in memory find what FTS5 finds, with its scores, and know what came and went since', async () => {
  const file = join(makeFolder(), 'index.db')
  const db = openIndex(file)
  const listing = await listRepository(root, undefined)
  await ingest(
    db,
    source('one'),
    {
      ...listing,
      documents: listing.documents.filter(({ path }) => /^(?:hub|docs|README)/.test(path)),
    },
    prepareAll,
  )
  const texts = [
    {
      path: 'a.md',
      text: 'The café in the Straße is naïve. '.repeat(40),
      revision: '1',
      modifiedAt: 0,
    },
  ]
  await ingest(db, source('two'), listInline(texts), prepareAll, { keepOthers: true })
  const postings = await Postings.read(file)
  const keys = [1, 2]
  for (const query of questions) compare(db, postings, keys, query)
  expect(postings.search([2], stems(queryTerms('relay of tools')))).toEqual([])

  await ingest(
    db,
    source('two'),
    listInline([{ path: 'b.md', text: 'A late okapi.', revision: '1', modifiedAt: 0 }]),
    prepareAll,
    { keepOthers: true },
  )
  const request = {
    org: 'o',
    sources: [{ id: 'two', kind: 'text' as const, trust: 'own' as const }],
    limit: 5,
    now: 0,
  }
  const find = (query: string) =>
    search(db, { ...request, query }, { state: 'none' }, { words: postings })
  expect(find('okapi')).toMatchObject({ engines: ['postings'], hits: [{ path: 'b.md' }] })
  expect(find('Straße').hits.map(({ path }) => path)).toContain('a.md')
  forget(db, 'two', ['a.md'])
  expect(find('Straße').hits).toEqual([])
  db.close()
})

test('what common words cannot change is left out, and nothing that they can', async () => {
  const file = join(makeFolder(), 'index.db')
  const db = openIndex(file)
  // Words as languages have them: each half as often as the one before, from 10,000 texts down to a few.
  let state = 7
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
  const texts = Array.from({ length: 12_000 }, (_unused, at) => ({
    path: `${at}.md`,
    text: Array.from({ length: 30 }, () => `w${Math.floor(-Math.log2(random() + 1e-4) * 3)}`).join(
      ' ',
    ),
    revision: '1',
    modifiedAt: 0,
  }))
  await ingest(db, source('many'), listInline(texts), prepareAll, { keepOthers: true })
  const postings = await Postings.read(file)
  for (const query of [
    'w15 w16 w17 w18',
    'w14 w15 w16 w20 w21',
    'w25 w12 w10 w8',
    'w30 w31 w3 w0',
    'w0 w1',
  ])
    compare(db, postings, [1], query)
})

/** Both find the same, with the same scores; among those that tie for the last place either may choose. */
function compare(
  db: ReturnType<typeof openIndex>,
  postings: Postings,
  keys: number[],
  query: string,
): void {
  const terms = queryTerms(query)
  const slow = searchWords(db, keys, terms)
  const fast = postings.search(keys, stems(terms))
  expect(fast.length).toBe(slow.length)
  fast
    .slice(0, 20)
    .forEach(({ score }, index) => expect(score).toBeCloseTo(slow[index]?.score ?? 0, 3))
  const lowest = slow.at(-1)?.score ?? 0
  const sure = (list: typeof slow) =>
    list
      .filter(({ score }) => score > lowest + 0.001)
      .map(({ chunk }) => chunk)
      .toSorted((a, b) => a - b)
  expect(sure(fast)).toEqual(sure(slow))
}
