import type { LogChunk } from '../../../schemas/log.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import type { LogPlace } from '../log-place.ts'
import { characterStart } from '../log-place.ts'

/** Where a task's log ends: the number its next chunk gets, and the bytes before it. */
export type LogEnd = { nextSeq: number; bytes: number }

type ChunkRow = Row & {
  seq: number
  attempt: number
  stream: LogChunk['stream']
  at: number
  data: Uint8Array
}

export async function readLogEnd(reader: Reader, task: string): Promise<LogEnd> {
  const row = await reader.get<{ next_seq: number; bytes: number }>(
    'SELECT next_seq, bytes FROM logs WHERE task = :task',
    { task },
  )
  return row ? { nextSeq: row.next_seq, bytes: row.bytes } : { nextSeq: 1, bytes: 0 }
}

/** Adds chunks at the end of a task's log and returns where it ends then. */
export async function appendChunks(
  tx: Transaction,
  { task, attempt, end }: { task: string; attempt: number; end: LogEnd },
  chunks: Pick<ChunkRow, 'stream' | 'at' | 'data'>[],
): Promise<LogEnd> {
  let { nextSeq, bytes } = end
  for (const { stream, at, data } of chunks) {
    await tx.insert('log_chunks', { task, seq: nextSeq, attempt, stream, at, data })
    nextSeq++
    bytes += data.length
  }
  await tx.run(
    `INSERT INTO logs (task, next_seq, bytes) VALUES (:task, :nextSeq, :bytes)
     ON CONFLICT (task) DO UPDATE SET next_seq = :nextSeq, bytes = :bytes`,
    { task, nextSeq, bytes },
  )
  tx.wake(`log:${task}`)
  return { nextSeq, bytes }
}

/**
 * What follows a place, in order, as many chunks as `maxBytes` hold. A first one that is longer is cut,
 * between two characters, and `next` is within it.
 */
export async function readChunks(
  reader: Reader,
  { task, after, maxBytes }: { task: string; after: LogPlace; maxBytes: number },
): Promise<{ items: LogChunk[]; next: LogPlace }> {
  const items: LogChunk[] = []
  let room = maxBytes
  let next = after
  for (;;) {
    const rows = await reader.all<ChunkRow>(
      `SELECT seq, attempt, stream, at, data FROM log_chunks WHERE task = :task AND seq > :from
       ORDER BY seq LIMIT 64`,
      { task, from: next.seq },
    )
    for (const row of rows) {
      const seen = row.seq === next.seq + 1 ? next.bytes : 0
      const data = row.data.subarray(seen)
      if (data.length > room) {
        if (items.length > 0) return { items, next }
        const end = characterStart(data, room, -1)
        const part = toChunk({ ...row, data: data.subarray(0, end) })
        return { items: [part], next: { seq: row.seq - 1, bytes: seen + end } }
      }
      if (data.length > 0 || seen === 0) items.push(toChunk({ ...row, data }))
      room -= data.length
      next = { seq: row.seq, bytes: 0 }
    }
    if (rows.length < 64 || room <= 0) return { items, next }
  }
}

/** Where the last chunks of a log begin, or as much of them as `maxBytes` hold. */
export async function readTailStart(
  reader: Reader,
  { task, chunks, maxBytes }: { task: string; chunks: number; maxBytes: number },
): Promise<LogPlace> {
  const rows = await reader.all<Row & { seq: number; bytes: number }>(
    `SELECT seq, length(data) AS bytes FROM log_chunks WHERE task = :task
     ORDER BY seq DESC LIMIT :chunks`,
    { task, chunks },
  )
  let room = maxBytes
  let start = rows[0]?.seq ?? 0
  for (const { seq, bytes } of rows) {
    if (bytes > room) {
      const cut = await reader.get<Pick<ChunkRow, 'data'> & Row>(
        'SELECT data FROM log_chunks WHERE task = :task AND seq = :seq',
        { task, seq },
      )
      // A place with all bytes of a chunk is the one before the next chunk.
      return { seq: seq - 1, bytes: cut ? characterStart(cut.data, bytes - room, 1) : 0 }
    }
    room -= bytes
    start = seq - 1
  }
  return { seq: start, bytes: 0 }
}

function toChunk({ seq, attempt, stream, at, data }: ChunkRow): LogChunk {
  const bytes = Buffer.from(data)
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(bytes)
  return {
    seq,
    attempt,
    stream,
    at,
    encoding: isText ? 'utf8' : 'base64',
    data: isText ? text : bytes.toString('base64'),
  }
}
