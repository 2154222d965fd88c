import type { LogChunk } from '../../../schemas/log.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

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

/** Chunks after a number, in order, as many as `maxBytes` hold and one at least. */
export async function readChunks(
  reader: Reader,
  { task, after, maxBytes }: { task: string; after: number; maxBytes: number },
): Promise<LogChunk[]> {
  const items: LogChunk[] = []
  let room = maxBytes
  let from = after
  for (;;) {
    const rows = await reader.all<ChunkRow>(
      `SELECT seq, attempt, stream, at, data FROM log_chunks WHERE task = :task AND seq > :from
       ORDER BY seq LIMIT 64`,
      { task, from },
    )
    for (const row of rows) {
      if (items.length > 0 && row.data.length > room) return items
      items.push(toChunk(row))
      room -= row.data.length
      from = row.seq
    }
    if (rows.length < 64 || room <= 0) return items
  }
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
