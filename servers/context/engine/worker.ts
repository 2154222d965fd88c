import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { load as loadVectors } from 'sqlite-vec'
import { HubError, errorBody } from '../../../schemas/errors.ts'
import type {
  DocumentRequest,
  IndexedSource,
  InlineDocument,
  IngestReport,
  PackRequest,
  SearchRequest,
} from '../../kit/context-index.ts'
import type { FileTree } from '../../kit/files/tree.ts'
import { Chunker } from './chunker.ts'
import { openIndex } from './database.ts'
import { readDocument } from './document.ts'
import type { Embedding } from './embedder.ts'
import type { Listing } from './listing.ts'
import { listInline, listRepository, listTree, openTree } from './listing.ts'
import { Memory } from './memory.ts'
import { pack } from './pack.ts'
import { search } from './search.ts'
import { buildVectors, queryVector } from './spaces.ts'
import { exportTo, readExport } from './transfer.ts'
import { beginRebuild, forget, ingest, pathsBefore } from './writer.ts'

// Runs twice: one worker reads sources and writes the index, the other answers questions. Neither
// shares more than the files with the hub, so no search and no ingest can hold up its event loop.
const { folder } = workerData as { folder: string }
const port = parentPort
if (!port) throw new Error('this file is a worker')

const databases = new Map<string, Database.Database>()
const trees = new Map<string, FileTree>()
const settleMs = 30
const chunker = new Chunker()
const memory = new Memory((message) => port?.postMessage({ event: 'problem', message }))
/** For what nobody waits for; a hub that stops is no problem. */
const tellProblem = (error: unknown): void => {
  if (isStopping) return
  const message = error instanceof Error ? error.message : String(error)
  port?.postMessage({ event: 'problem', message })
}
let embedding: Embedding | undefined
/** The last job of each queue. */
const queues = new Map<string, Promise<void>>()
let isStopping = false

const dbOf = (org: string): Database.Database => {
  const known = databases.get(org)
  if (known) return known
  const db = openIndex(join(folder, `${org}.db`))
  loadVectors(db)
  databases.set(org, db)
  return db
}

/** Jobs of one queue run one after the other. */
function queued<T>(queue: string, job: () => Promise<T>): Promise<T> {
  const done = (queues.get(queue) ?? Promise.resolve()).then(job)
  const settled = done.then(
    () => undefined,
    () => undefined, // Told to whoever asked for it.
  )
  queues.set(queue, settled)
  void settled.then(() => queues.get(queue) === settled && queues.delete(queue))
  return done
}

/**
 * Each source has a queue. Those that are read whole share one more, so that one is read at a time;
 * documents that are handed in and files that change go in between their commits.
 */
const whole = <T>(source: string, job: () => Promise<T>): Promise<T> =>
  queued(source, () => queued('whole', job))

async function listing(source: IndexedSource): Promise<Listing> {
  const { kind, path = '', ref } = source
  if (kind === 'repo') return listRepository(path, ref)
  const tree = treeOf(source)
  await tree.refresh(!tree.watching)
  return listTree(tree)
}

function treeOf(source: IndexedSource): FileTree {
  const tree = trees.get(source.id) ?? openTree(source, dirname(folder))
  trees.set(source.id, tree)
  return tree
}

const building = new Map<string, Promise<void>>()

function makeVectors(org: string): void {
  const wanted = embedding
  if (!wanted || building.has(org)) return
  const run = buildVectors(dbOf(org), wanted, () => isStopping || embedding !== wanted)
    .catch(tellProblem)
    .finally(() => building.delete(org))
  building.set(org, run)
}

async function run(
  source: IndexedSource,
  listed: Listing,
  only?: Set<string>,
  keepOthers = false,
): Promise<IngestReport> {
  const report = await ingest(dbOf(source.org), source, listed, chunker.chunk, {
    only,
    keepOthers,
    isStopped: () => isStopping,
  })
  makeVectors(source.org)
  return report
}

const methods = {
  configure: async (wanted: Embedding | undefined) => void (embedding = wanted),
  ingest: (source: IndexedSource, documents?: InlineDocument[], rebuild = false) =>
    documents === undefined
      ? whole(source.id, async () => {
          if (rebuild) beginRebuild(dbOf(source.org), source.id)
          return run(source, await listing(source))
        })
      : queued(source.id, async () => {
          const kept = rebuild ? beginRebuild(dbOf(source.org), source.id) : []
          return run(source, listInline([...kept, ...documents]), undefined, true)
        }),
  follow: async (source: IndexedSource) => {
    const tree = treeOf(source)
    const look = () => queued(source.id, () => again(source, tree))
    let timer: NodeJS.Timeout | undefined
    tree.onChange(() => {
      clearTimeout(timer)
      timer = setTimeout(() => void look().catch(tellProblem), settleMs)
    })
    await look()
  },
  unfollow: async (id: string) => {
    trees.get(id)?.close()
    trees.delete(id)
  },
  search: async (request: SearchRequest) => {
    const startedAt = performance.now()
    const db = dbOf(request.org)
    const vector = await queryVector(db, embedding, request.query)
    const found = search(db, request, vector, memory.of(db, vector))
    return { ...found, tookMs: Math.round((performance.now() - startedAt) * 10) / 10 }
  },
  pack: async (request: PackRequest) => {
    const db = dbOf(request.org)
    const vector = await queryVector(db, embedding, request.query)
    return pack(db, request, vector, memory.of(db, vector))
  },
  read: async (request: DocumentRequest) => readDocument(dbOf(request.org), request),
  forget: (org: string, source: string, paths?: string[]) =>
    queued(source, async () => forget(dbOf(org), source, paths)),
  forgetOlder: (org: string, source: string, beforeAt: number) =>
    queued(source, async () => {
      const db = dbOf(org)
      const paths = pathsBefore(db, source, beforeAt)
      return paths.length === 0 ? 0 : forget(db, source, paths)
    }),
  exportTo: (org: string, sources: string[], file: string) => exportTo(dbOf(org), sources, file),
  importFrom: (source: IndexedSource, file: string) =>
    whole(source.id, async () => run(source, listInline(await readExport(file)), undefined, true)),
  stop: async () => {
    isStopping = true
    for (const tree of trees.values()) tree.close()
    await Promise.all([...queues.values(), memory.settled(), ...building.values()])
    await chunker.stop()
    for (const db of databases.values()) db.close()
  },
}

/** What a watcher told of: only those files are looked at. */
async function again(source: IndexedSource, tree: FileTree): Promise<void> {
  const changed = await tree.refresh()
  if (changed.length === 0) return
  const report = await run(source, listTree(tree), new Set(changed))
  port?.postMessage({ event: 'changed', source: source.id, report })
}

type Call = { id: number; method: keyof typeof methods; args: unknown[] }

port.on('message', ({ id, method, args }: Call) => {
  // The caller is ContextStore, whose methods have these very types.
  const call = methods[method] as (...given: unknown[]) => Promise<unknown>
  call(...args).then(
    (value) => {
      port.postMessage({ id, value })
      if (method === 'stop') port.close()
    },
    (error: unknown) =>
      port.postMessage({
        id,
        error:
          error instanceof HubError
            ? errorBody(error)
            : {
                code: 'internal',
                message: error instanceof Error ? (error.stack ?? error.message) : String(error),
              },
      }),
  )
})
