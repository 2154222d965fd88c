import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { analyze, queryTerms } from '../../servers/context/engine/analyzer.ts'
import { chunksOf } from '../../servers/context/engine/chunk/chunk.ts'
import { textChunks } from '../../servers/context/engine/chunk/text.ts'
import type { Scored } from '../../servers/context/engine/ranking.ts'
import { combine, rankChunks } from '../../servers/context/engine/ranking.ts'
import { tokenizer } from '../../servers/context/engine/database.ts'
import { embed } from '../../servers/context/engine/embedder.ts'
import { installed } from './installed.ts'
import type { Document, Question } from './questions.ts'
import { collection, localisation } from './questions.ts'
import { addedUp, byRanks, interval, scoresOf } from './relevance.ts'
import type { Scores } from './relevance.ts'

// `npm run eval:context [-- --repo PATH]… [--collection FOLDER]… [--installed go|python|man]… [--embed URL]`:
// how well the index finds what is relevant, part by part; with --embed, the address of an OpenAI-like
// /embeddings, with vectors too. Kinds of test:
// --repo: change localisation. The question is a commit's subject, the index is of its parent, and the files
//   that it changed are relevant.
// --collection: a folder in the BEIR form: corpus.jsonl {_id, title, text}, queries.jsonl {_id, text} and
//   qrels/test.tsv (query, document, score), such as Cranfield or CoSQA converted to it.
// --installed: see installed.ts.
type Variant = {
  name: string
  tokenizer: string
  analyzed: boolean
  structured: boolean
  weights: [number, number, number]
  /** Add up the three best chunks of a document instead of taking the best. */
  adds: boolean
  stops: boolean
  fusion: 'none' | 'alone' | 'ranks' | 'gated'
}

const base: Variant = {
  name: 'plain FTS5 (unicode61)',
  tokenizer: 'unicode61',
  analyzed: false,
  structured: false,
  weights: [0, 0, 1],
  adds: false,
  stops: false,
  fusion: 'none',
}
/** Each has one part more than the one before. */
const parts: Partial<Variant>[] = [
  {},
  { name: '+ porter', tokenizer },
  { name: '+ identifiers, CJK', analyzed: true },
  { name: '+ syntax, headings', structured: true },
  { name: '+ path, heading fields', weights: [1.5, 2, 1] },
  { name: '+ stop words: words, as used', stops: true },
]
const others: Partial<Variant>[] = [{ name: 'words, three chunks added', adds: true }]
const fusions: Partial<Variant>[] = [
  { name: 'vectors alone', fusion: 'alone' },
  { name: 'words and vectors by ranks', fusion: 'ranks' },
  { name: 'words and vectors, as used', fusion: 'gated' },
]

const { values } = parseArgs({
  options: {
    repo: { type: 'string', multiple: true, default: [] },
    collection: { type: 'string', multiple: true, default: [] },
    installed: { type: 'string', multiple: true, default: [] },
    embed: { type: 'string' },
    commits: { type: 'string', default: '80' },
  },
})
const steps = parts.map((_, index): Variant =>
  Object.assign({}, base, ...parts.slice(0, index + 1)),
)
const asUsed = steps.at(-1) ?? base
const variants = [
  ...steps,
  ...[...others, ...(values.embed === undefined ? [] : fusions)].map((other) => ({
    ...asUsed,
    ...other,
  })),
]
const chunkCache = new Map<string, { headingPath: string; text: string }[]>()
const means: number[][] = variants.map(() => [])

for (const repo of values.repo)
  await report(`changes of ${repo.split('/').at(-1)}`, localisation(repo, Number(values.commits)))
for (const kind of values.installed) await report(`installed: ${kind}`, installed(kind))
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
    const near = await nearest(cached.databases.at(-1), task.query)
    cached.databases.forEach((index, at) =>
      scores[at]?.push(scoresOf(search(index, task.query, near), task.relevant)),
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

type Index = {
  db: Database.Database
  variant: Variant
  paths: string[]
  owners: number[]
  /** By chunk; empty where the variant uses none. */
  vectors: Float32Array[]
}

async function build(documents: Document[], variant: Variant): Promise<Index> {
  const db = new Database(':memory:')
  db.exec(
    `CREATE VIRTUAL TABLE words USING fts5 (path, headingPath, body, content='', tokenize='${variant.tokenizer}')`,
  )
  const add = db.prepare('INSERT INTO words (rowid, path, headingPath, body) VALUES (?, ?, ?, ?)')
  const owners: number[] = [0]
  const cut = await Promise.all(documents.map((document) => piecesOf(document, variant.structured)))
  const text = variant.analyzed ? analyze : (raw: string) => raw
  db.transaction(() => {
    cut.forEach((pieces, document) => {
      for (const { headingPath, text: body } of pieces) {
        add.run(owners.length, text(documents[document]?.path ?? ''), text(headingPath), text(body))
        owners.push(document)
      }
    })
  })()
  const texts = cut.flat().map((piece) => `${piece.headingPath}\n${piece.text}`)
  const vectors = variant === variants.at(-1) ? await vectorsOf(texts) : []
  return { db, variant, paths: documents.map(({ path }) => path), owners, vectors }
}

async function piecesOf({ path, text }: Document, structured: boolean) {
  const key = `${structured} ${path} ${text.length} ${text.slice(0, 200)} ${text.slice(-200)}`
  const known = chunkCache.get(key)
  if (known) return known
  const pieces = structured ? await chunksOf(path, text) : textChunks(text, '', 1)
  chunkCache.set(key, pieces)
  return pieces
}

async function vectorsOf(texts: string[]): Promise<Float32Array[]> {
  if (values.embed === undefined) return []
  const server = { provider: 'openai' as const, model: 'any', url: values.embed, key: undefined }
  const vectors: Float32Array[] = []
  for (let at = 0; at < texts.length; at += 128) {
    const some = await embed(server, texts.slice(at, at + 128), 60_000)
    vectors.push(...some.map((vector) => Float32Array.from(vector)))
  }
  return vectors
}

/** The chunks nearest to the question: as many as the index looks at. */
async function nearest(index: Index | undefined, query: string): Promise<Scored[]> {
  if (!index || index.vectors.length === 0) return []
  const [asked = new Float32Array()] = await vectorsOf([query])
  return index.vectors
    .map((vector, at): Scored => {
      let score = 0
      for (let n = 0; n < asked.length; n++) score += (vector[n] ?? 0) * (asked[n] ?? 0)
      return { chunk: at + 1, document: index.owners[at + 1] ?? 0, score }
    })
    .sort((x, y) => y.score - x.score)
    .slice(0, 100)
}

/** Paths in the order found. */
function search({ db, variant, paths, owners }: Index, query: string, near: Scored[]): string[] {
  const words = variant.fusion === 'alone' ? [] : byWords(db, variant, query, owners)
  const scored = {
    none: () => words,
    alone: () => near,
    ranks: () => byRanks(words, near),
    gated: () => combine(words, near),
  }[variant.fusion]()
  const ranked = variant.adds
    ? addedUp(scored)
    : rankChunks(scored, () => undefined, { now: 0, near: [] })
  return [...new Set(ranked.map(({ document }) => paths[document] ?? ''))]
}

function byWords(
  db: Database.Database,
  variant: Variant,
  query: string,
  owners: number[],
): Scored[] {
  const plain = (variant.analyzed ? analyze(query) : query).toLowerCase()
  const raw = [...new Set(plain.match(/[\p{L}\p{N}_]+/gu) ?? [])]
  const terms = variant.stops ? queryTerms(query) : raw.slice(0, 40)
  if (terms.length === 0) return []
  const match = terms.map((term) => `"${term}"`).join(' OR ')
  const filter = variant.weights[0] === 0 ? `{body} : (${match})` : match
  const rows = db
    .prepare(
      `SELECT rowid AS chunk, -bm25(words, ${variant.weights.join(', ')}) AS score FROM words WHERE words MATCH ? ORDER BY score DESC LIMIT 200`,
    )
    .all(filter) as { chunk: number; score: number }[] // By its columns.
  return rows.map(({ chunk, score }) => ({ chunk, score, document: owners[chunk] ?? 0 }))
}

function average(numbers: number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / Math.max(1, numbers.length)
}
