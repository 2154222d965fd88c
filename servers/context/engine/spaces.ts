import type Database from 'better-sqlite3'
import type { Embedding } from './embedder.ts'
import { embed, modelKey } from './embedder.ts'
import type { QueryVector } from './vectors.ts'
import { activeSpace, complete, missingVectors, openSpace, saveVectors } from './vectors.ts'

const batchSize = 32
const buildTimeoutMs = 120_000
const queryTimeoutMs = 2000

/**
 * Makes the vectors that are missing, and switches to the model's space once it is complete. A kill
 * leaves what was made; the next run goes on with the rest. Until then searches use the space before.
 */
export async function buildVectors(
  db: Database.Database,
  embedding: Embedding,
  isStopped: () => boolean,
): Promise<void> {
  const model = await modelKey(embedding)
  let space = activeSpace(db)
  for (;;) {
    if (isStopped()) return
    const known = space?.model === model ? space.id : undefined
    const missing = missingVectors(db, known ?? -1, batchSize)
    if (missing.length === 0) break
    const vectors = await embed(
      embedding,
      missing.map(({ headingPath, text }) =>
        headingPath === '' ? text : `${headingPath}\n${text}`,
      ),
      buildTimeoutMs,
    )
    const own = openSpace(db, model, vectors[0]?.length ?? 0)
    space = own
    saveVectors(
      db,
      own.id,
      missing.map(({ sha }, index) => ({ sha, values: vectors[index] ?? [] })),
    )
  }
  if (space?.model === model) complete(db, space.id)
}

/** The question as a vector of the space in use, within the time that a search may wait. */
export async function queryVector(
  db: Database.Database,
  embedding: Embedding | undefined,
  query: string,
): Promise<QueryVector> {
  const space = activeSpace(db)
  if (!space) return embedding ? { state: 'building' } : { state: 'none' }
  if (!embedding) return { state: 'failed', reason: 'no embedding model is configured' }
  const [provider, ...rest] = (space.model.split('@')[0] ?? '').split('/')
  if (provider !== embedding.provider)
    return { state: 'failed', reason: `the vectors are of ${space.model}` }
  try {
    const [values] = await embed({ ...embedding, model: rest.join('/') }, [query], queryTimeoutMs)
    if (values?.length !== space.dimensions)
      return { state: 'failed', reason: `${space.model} answers with other dimensions by now` }
    return { state: 'ready', space: space.id, values }
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}
