import { load as loadVectors } from 'sqlite-vec'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Codes } from '../../../servers/context/engine/codes.ts'
import { openIndex } from '../../../servers/context/engine/database.ts'
import { listInline } from '../../../servers/context/engine/listing.ts'
import { prepareAll } from '../../../servers/context/engine/preparation.ts'
import {
  complete,
  missingVectors,
  openSpace,
  saveVectors,
  searchVectors,
} from '../../../servers/context/engine/vectors.ts'
import { ingest } from '../../../servers/context/engine/writer.ts'
import { makeFolder } from '../../helpers/folder.ts'

const dimensions = 96
let state = 11
const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
const noise = () => random() + random() + random() - 1.5
/** As models make them: around a few hundred subjects, all leaning to one side. */
const subjects = Array.from({ length: 200 }, () => Array.from({ length: dimensions }, noise))
const vectorOf = (subject: number) =>
  (subjects[subject % 200] ?? []).map((value) => 0.3 + value + noise())

const source = (id: string) => ({
  id,
  org: 'o',
  kind: 'text' as const,
  name: id,
  path: undefined,
  ref: undefined,
  trust: 'own' as const,
  retentionDays: undefined,
  ignore: [],
})

test('vectors in memory leave what is nearest, and know what came since', async () => {
  const file = join(makeFolder(), 'index.db')
  const db = openIndex(file)
  loadVectors(db)
  const space = openSpace(db, 'test/model', dimensions).id
  const add = (id: string, from: number, count: number) => {
    const texts = Array.from({ length: count }, (_unused, at) => ({
      path: `${from + at}.md`,
      text: `Text number ${from + at}.`,
      revision: '1',
      modifiedAt: 0,
    }))
    return ingest(db, source(id), listInline(texts), prepareAll, { keepOthers: true })
  }
  const makeVectors = () => {
    const made = missingVectors(db, space, 5000).map(({ sha, text }) => ({
      sha,
      values: vectorOf(Number(/\d+/.exec(text)?.[0] ?? 0)),
    }))
    saveVectors(db, space, made)
  }
  await add('one', 0, 4000)
  await add('two', 10_000, 500)
  makeVectors()
  complete(db, space)
  // These are there when the snapshot is taken, but have no vectors yet.
  await add('one', 20_000, 50)
  const codes = await Codes.read(file, space, dimensions)
  makeVectors()

  const one = { ids: ['one'], keys: [1] }
  let found = 0
  for (let question = 0; question < 40; question++) {
    const asked = { state: 'ready' as const, space, values: vectorOf(question * 5) }
    const exact = searchVectors(db, asked, one).slice(0, 10)
    const quick = new Map(searchVectors(db, asked, one, codes).map((hit) => [hit.chunk, hit]))
    for (const hit of exact) {
      if (!quick.has(hit.chunk)) continue
      found++
      expect(quick.get(hit.chunk)).toEqual(hit)
    }
  }
  expect(found / 400).toBeGreaterThan(0.97)

  const asked = { state: 'ready' as const, space, values: vectorOf(3) }
  const late = db
    .prepare(
      `SELECT chunk.id FROM chunk JOIN document ON document.id = chunk.document WHERE path GLOB '20???.md'`,
    )
    .pluck()
    .all() as number[] // One integer column.
  const everything = searchVectors(db, asked, one, codes).map(({ chunk }) => chunk)
  const nearestLate = searchVectors(db, asked, one)
    .map(({ chunk }) => chunk)
    .filter((chunk) => late.includes(chunk))
  expect(nearestLate.length).toBeGreaterThan(0)
  expect(nearestLate.every((chunk) => everything.includes(chunk))).toBe(true)
  const two = searchVectors(db, asked, { ids: ['two'], keys: [2] }, codes)
  expect(two).toHaveLength(100)
  expect(two.every(({ chunk }) => chunk > 4000 && chunk <= 4500)).toBe(true)
})
