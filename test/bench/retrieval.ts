import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { analyze, queryTerms } from '../../servers/context/engine/analyze.ts'
import { chunksOf } from '../../servers/context/engine/chunk/chunk.ts'
import { textChunks } from '../../servers/context/engine/chunk/text.ts'
import type { Scored } from '../../servers/context/engine/rank.ts'
import { rankChunks } from '../../servers/context/engine/rank.ts'
import type { Document, Question } from './questions.ts'
import { collection, localisation } from './questions.ts'
import { interval, scoresOf } from './relevance.ts'
import type { Scores } from './relevance.ts'

// `npm run eval:context [-- --repo PATH]… [--collection FOLDER]… [--commits 80]`: how well the index finds
// what is relevant, without a model, part by part. Two kinds of test:
// --repo: change localisation. The question is a commit's subject, the index is of its parent, and the files
//   that it changed are relevant.
// --collection: a folder in the BEIR form: corpus.jsonl {_id, title, text}, queries.jsonl {_id, text} and
//   qrels/test.tsv (query, document, score), such as Cranfield or CoSQA converted to it.
type Variant = {
  name: string
  tokenizer: string
  analyzed: boolean
  structured: boolean
  weights: [number, number, number]
  bestChunks: boolean
  stops: boolean
}

const base: Variant = {
  name: '',
  tokenizer: 'unicode61',
  analyzed: false,
  structured: false,
  weights: [0, 0, 1],
  bestChunks: false,
  stops: false,
}
const variants: Variant[] = [
  { ...base, name: 'plain FTS5 (unicode61)' },
  { ...base, name: '+ porter', tokenizer: 'porter unicode61 remove_diacritics 2' },
  {
    ...base,
    name: '+ identifiers, CJK',
    tokenizer: 'porter unicode61 remove_diacritics 2',
    analyzed: true,
  },
  {
    ...base,
    name: '+ syntax, headings',
    tokenizer: 'porter unicode61 remove_diacritics 2',
    analyzed: true,
    structured: true,
  },
  {
    ...base,
    name: '+ path, heading fields',
    tokenizer: 'porter unicode61 remove_diacritics 2',
    analyzed: true,
    structured: true,
    weights: [1.5, 2, 1],
  },
  {
    ...base,
    name: '+ best three chunks',
    tokenizer: 'porter unicode61 remove_diacritics 2',
    analyzed: true,
    structured: true,
    weights: [1.5, 2, 1],
    bestChunks: true,
  },
  {
    ...base,
    name: 'all (+ stop words)',
    tokenizer: 'porter unicode61 remove_diacritics 2',
    analyzed: true,
    structured: true,
    weights: [1.5, 2, 1],
    bestChunks: true,
    stops: true,
  },
]

const { values } = parseArgs({
  options: {
    repo: { type: 'string', multiple: true, default: [] },
    collection: { type: 'string', multiple: true, default: [] },
    commits: { type: 'string', default: '80' },
  },
})
const chunkCache = new Map<string, { crumb: string; text: string }[]>()
const means: number[][] = variants.map(() => [])

for (const repo of values.repo)
  await report(`changes of ${repo.split('/').at(-1)}`, localisation(repo, Number(values.commits)))
for (const folder of values.collection)
  await report(folder.split('/').at(-1) ?? folder, collection(folder))
if (means[0] && means[0].length > 1)
  variants.forEach(({ name }, index) =>
    console.log(`mean nDCG@10  ${name.padEnd(26)} ${average(means[index] ?? []).toFixed(3)}`),
  )

async function report(name: string, tasks: AsyncIterable<Question>): Promise<void> {
  const scores: Scores[][] = variants.map(() => [])
  let count = 0
  let cached: { documents: Document[]; databases: Index[] } | undefined
  for await (const task of tasks) {
    count++
    if (cached?.documents !== task.documents) {
      for (const { db } of cached?.databases ?? []) db.close()
      cached = {
        documents: task.documents,
        databases: await Promise.all(variants.map((variant) => build(task.documents, variant))),
      }
    }
    cached.databases.forEach((index, at) =>
      scores[at]?.push(scoresOf(search(index, task.query), task.relevant)),
    )
  }
  console.log(
    `\n${name}: ${count} questions\n${''.padEnd(26)} nDCG@10 (95 %)        MRR    recall@10`,
  )
  variants.forEach(({ name: variant }, index) => {
    const own = scores[index] ?? []
    const ndcg = own.map((score) => score.ndcg)
    const [low, high] = interval(ndcg)
    means[index]?.push(average(ndcg))
    console.log(
      `${variant.padEnd(26)} ${average(ndcg).toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})  ${average(own.map(({ mrr }) => mrr)).toFixed(3)}  ${average(own.map(({ recall }) => recall)).toFixed(3)}`,
    )
  })
}

type Index = { db: Database.Database; variant: Variant; paths: string[]; owners: number[] }

async function build(documents: Document[], variant: Variant): Promise<Index> {
  const db = new Database(':memory:')
  db.exec(
    `CREATE VIRTUAL TABLE words USING fts5 (path, crumb, body, content='', tokenize='${variant.tokenizer}')`,
  )
  const add = db.prepare('INSERT INTO words (rowid, path, crumb, body) VALUES (?, ?, ?, ?)')
  const owners: number[] = [0]
  const cut = await Promise.all(documents.map((document) => piecesOf(document, variant.structured)))
  const text = variant.analyzed ? analyze : (raw: string) => raw
  db.transaction(() => {
    cut.forEach((pieces, document) => {
      for (const { crumb, text: body } of pieces) {
        add.run(owners.length, text(documents[document]?.path ?? ''), text(crumb), text(body))
        owners.push(document)
      }
    })
  })()
  return { db, variant, paths: documents.map(({ path }) => path), owners }
}

async function piecesOf({ path, text }: Document, structured: boolean) {
  const key = `${structured} ${path} ${text.length} ${text.slice(0, 200)} ${text.slice(-200)}`
  const known = chunkCache.get(key)
  if (known) return known
  const pieces = structured ? await chunksOf(path, text) : textChunks(text, '', 1)
  chunkCache.set(key, pieces)
  return pieces
}

/** Paths in the order found. */
function search({ db, variant, paths, owners }: Index, query: string): string[] {
  const raw = [
    ...new Set(
      (variant.analyzed ? analyze(query) : query).toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [],
    ),
  ]
  const terms = variant.stops ? queryTerms(query) : raw.slice(0, 40)
  if (terms.length === 0) return []
  const match = terms.map((term) => `"${term}"`).join(' OR ')
  const filter = variant.weights[0] === 0 ? `{body} : (${match})` : match
  const rows = db
    .prepare(
      `SELECT rowid AS chunk, -bm25(words, ${variant.weights.join(', ')}) AS score FROM words WHERE words MATCH ? ORDER BY score DESC LIMIT 200`,
    )
    .all(filter) as { chunk: number; score: number }[]
  const scored = rows.map(({ chunk, score }): Scored => ({
    chunk,
    score,
    document: owners[chunk] ?? 0,
  }))
  const ranked = variant.bestChunks
    ? rankChunks(scored, () => undefined, { now: 0, near: [] })
    : scored
  return [...new Set(ranked.map(({ document }) => paths[document] ?? ''))]
}

function average(numbers: number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / Math.max(1, numbers.length)
}
