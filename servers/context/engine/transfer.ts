import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type Database from 'better-sqlite3'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import type { InlineDocument } from '../../kit/context-index.ts'

const Line = z.strictObject({
  path: z.string().min(1).max(1000),
  text: z.string(),
  revision: z.string(),
  modifiedAt: z.int(),
})

/** Writes the documents of sources as JSON lines, packed with gzip; secrets were taken out when they came in. */
export async function exportTo(
  db: Database.Database,
  sources: string[],
  file: string,
): Promise<number> {
  await mkdir(dirname(file), { recursive: true })
  const rows = db.prepare(
    'SELECT id, source, path, revision, modified_at AS modifiedAt, inline_text AS inline FROM document WHERE source IN (SELECT value FROM json_each(?)) ORDER BY source, path',
  )
  const pieces = db.prepare('SELECT text FROM chunk WHERE document = ? ORDER BY line0, id').pluck()
  let count = 0
  function* lines() {
    for (const row of rows.iterate(JSON.stringify(sources)) as IterableIterator<{
      id: number
      source: string
      path: string
      revision: string
      modifiedAt: number
      inline: string | null
    }>) {
      count++
      const { id, path, revision, modifiedAt, inline } = row
      yield `${JSON.stringify({ path, text: inline ?? pieces.all(id).join('\n'), revision, modifiedAt })}\n`
    }
  }
  await pipeline(
    Readable.from([...lines()]),
    createGzip(),
    createWriteStream(`${file}.tmp`, { mode: 0o600 }),
  )
  await rename(`${file}.tmp`, file)
  return count
}

const maxExportChars = 2_000_000_000

/** Reads such a file; a line that is not of that form stops it before anything is stored. */
export async function readExport(file: string): Promise<InlineDocument[]> {
  const documents: InlineDocument[] = []
  let chars = 0
  const unpacked = createGunzip()
  const packed = createReadStream(file).on('error', (error) => unpacked.destroy(error))
  try {
    for await (const line of createInterface({ input: packed.pipe(unpacked) })) {
      chars += line.length
      const parsed = Line.safeParse(parse(line))
      if (!parsed.success)
        throw new HubError(
          'invalid',
          `line ${documents.length + 1} of ${file} is no exported document`,
        )
      if (chars > maxExportChars)
        throw new HubError('unsupported', `${file} unpacks to more than 2 GB`)
      documents.push(parsed.data)
    }
  } catch (error) {
    if (error instanceof HubError) throw error
    throw new HubError(
      'invalid',
      `${file} cannot be read: ${error instanceof Error ? error.message : 'it is damaged'}`,
      { cause: error },
    )
  }
  return documents
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined // Said to be no document by the caller.
  }
}
