import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { ContextStore } from '../../servers/context/engine/client.ts'
import type { IndexedSource } from '../../servers/kit/context-index.ts'
import { median, rssMb } from './load.ts'

// `npm run bench:context [-- --chunks 10000,100000,500000]`: the context store on real texts of the packages
// that are installed here: how fast it reads, how soon a change is found, how long a search takes as the index
// grows, in one source and over all, and what that does to the event loop and to memory.
const { values } = parseArgs({ options: { chunks: { type: 'string', default: '10000,100000' } } })
const steps = values.chunks.split(',').map(Number)
const root = mkdtempSync(join(tmpdir(), 'switchyard-context-'))
const open = () =>
  new ContextStore({
    dataDir: join(root, 'data'),
    log: pino({ level: 'silent' }),
    embedding: () => undefined,
  })
let store = open()
const perSource = 5000
const questions = 200

console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}`,
)
try {
  const texts = realTexts(join(import.meta.dirname, '..', '..', 'node_modules'), 12_000)
  await changeLatency()
  await growth(texts)
} finally {
  await store.stop()
  rmSync(root, { recursive: true, force: true })
}

/** Source code and documentation of the installed packages, in an order that does not change. */
function realTexts(folder: string, most: number): { path: string; text: string }[] {
  const found: { path: string; text: string }[] = []
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (found.length >= most) break
    if (!/\.(?:ts|js|mjs|cjs|md)$/.test(path) || /\.(?:min\.js|d\.ts|d\.mts|d\.cts)$/.test(path))
      continue
    const file = statSync(join(folder, path))
    const { size } = file
    if (!file.isFile() || size < 300 || size > 60_000) continue
    found.push({ path, text: readFileSync(join(folder, path), 'utf8') })
  }
  return found
}

function sourceOf(id: string, path?: string): IndexedSource {
  return {
    id,
    org: 'bench',
    kind: path === undefined ? 'text' : 'folder',
    name: id,
    path,
    ref: undefined,
    trust: 'own',
    retentionDays: undefined,
    ignore: [],
  }
}

async function changeLatency(): Promise<void> {
  const folder = join(root, 'files')
  for (let index = 0; index < 10_000; index++) {
    if (index % 100 === 0) mkdirSync(join(folder, `f${index / 100}`), { recursive: true })
    writeFileSync(
      join(folder, `f${Math.floor(index / 100)}`, `${index}.md`),
      `# Note ${index}\n\nA few words about thing${index} and its neighbours.\n`,
    )
  }
  const source = sourceOf('folder', folder)
  const started = performance.now()
  await store.follow(source, () => undefined)
  console.log(
    `10,000 small files taken in     ${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
  // The first search starts the thread that answers, which is not what is measured here.
  await store.search({ org: 'bench', sources: [], query: 'nothing', limit: 1, now: 0 })
  const times: number[] = []
  for (let round = 0; round < 20; round++) {
    const word = `quagga${String.fromCharCode(97 + round)}x`
    const at = performance.now()
    writeFileSync(
      join(folder, `f${round}`, `${round * 100}.md`),
      `# Changed\n\nNow with a ${word} in it.\n`,
    )
    for (;;) {
      const { hits } = await store.search({
        org: 'bench',
        sources: [{ id: 'folder', kind: 'folder', trust: 'own' }],
        query: word,
        limit: 1,
        now: Date.now(),
      })
      if (hits.length > 0) break
    }
    times.push(performance.now() - at)
  }
  console.log(
    `one changed file of 10,000      found after p50 ${median(times).toFixed(0)} ms, most ${Math.max(...times).toFixed(0)} ms (budget 200)`,
  )
  store.unfollow('folder')
  await store.forget('bench', 'folder')
}

async function growth(texts: { path: string; text: string }[]): Promise<void> {
  let chunks = 0
  let at = 0
  let copy = 0
  const sources: string[] = []
  let spentMs = 0
  let measured = 0
  for (const wanted of steps) {
    while (chunks < wanted) {
      const id = `s${sources.length}`
      sources.push(id)
      let own = 0
      while (own < perSource && chunks + own < wanted) {
        const batch = []
        while (batch.length < 150) {
          const text = texts[at++]
          if (!text) {
            at = 0
            copy++
            continue
          }
          // Copies differ in some words, as forks and versions of one project do.
          batch.push({
            path: `${copy}/${text.path}`,
            text:
              copy === 0
                ? text.text
                : text.text.replaceAll(/\b([a-z])(\w{6})\b/g, `$1${copy % 7}$2`),
            revision: `${copy}`,
            modifiedAt: 0,
          })
        }
        const started = performance.now()
        const report = await store.ingest(sourceOf(id), batch)
        spentMs += performance.now() - started
        measured += report.chunks - own
        own = report.chunks
      }
      chunks += own
    }
    console.log(
      `\n${chunks} chunks in ${sources.length} sources: read at ${((measured / spentMs) * 1000).toFixed(0)} chunks/s (budget 3000)`,
    )
    // As after a restart, so that what is kept in memory is read anew.
    await store.stop()
    store = open()
    await searches(texts, sources, chunks)
    ;[spentMs, measured] = [0, 0]
  }
}

async function searches(
  texts: { path: string; text: string }[],
  sources: string[],
  chunks: number,
): Promise<void> {
  const queries = Array.from({ length: questions }, (_unused, index) =>
    questionFrom(texts[(index * 61) % texts.length]?.text ?? '', index),
  )
  for (const [name, chosen] of [
    ['one source', sources.slice(0, 1)],
    ['all sources', sources],
  ] as const) {
    const request = {
      org: 'bench',
      sources: chosen.map((id) => ({ id, kind: 'text' as const, trust: 'own' as const })),
      limit: 10,
      now: Date.now(),
    }
    // Large indexes are read into memory by the first search; until then FTS5 answers.
    const waitedFrom = performance.now()
    let engines = ''
    for (;;) {
      engines = (await store.search({ ...request, query: 'warm up' })).engines.join(' and ')
      if (chunks <= 30_000 || engines !== 'fts5' || performance.now() - waitedFrom > 120_000) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const readMs = performance.now() - waitedFrom
    if (readMs > 500) console.log(`words read into memory after ${(readMs / 1000).toFixed(1)} s`)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const times: number[] = []
    let hits = 0
    for (const query of queries) {
      const started = performance.now()
      hits += (await store.search({ ...request, query })).hits.length
      times.push(performance.now() - started)
    }
    delay.disable()
    times.sort((a, b) => a - b)
    const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1)
    console.log(
      `${name.padEnd(12)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (budget 20 at 500k), by ${engines}, event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, ${(hits / questions).toFixed(1)} hits`,
    )
  }
  console.log(`memory of the process ${rssMb(process.pid).toFixed(0)} MB`)
}

/** A question as people ask it: some words in a row, and some of the same text from elsewhere. */
function questionFrom(text: string, seed: number): string {
  const words = text.match(/[A-Za-z]{3,14}/g) ?? ['nothing']
  const from = (seed * 7919) % words.length
  return [
    ...words.slice(from, from + 3 + (seed % 3)),
    words[(from * 31) % words.length] ?? '',
  ].join(' ')
}
