import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { LogChunk, LogEncoding, LogStream, maxChunkBytes } from '../../schemas/log.ts'
import type { LogChunk as Chunk } from '../../schemas/log.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row, Tx } from '../kit/tx.ts'
import { requireLease } from './attempt-rows.ts'
import { findTask } from './task-rows.ts'
import { logText } from './texts.ts'

/** What one task may log. Beyond it appends are refused, so that one task cannot fill the disk. */
const maxLogBytes = 512 * 1024 * 1024

export const taskLogAppend = defineTool({
  name: 'task_log_append',
  title: 'Append to the log',
  description:
    'Adds chunks of output to the log of a claimed task, in order. `position` counts the chunks sent before in this attempt, so that sending the same call again adds nothing twice.',
  effect: 'create',
  scope: 'task:work',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task that is logged'),
    fence: z.int().describe('Fencing number that task_claim returned'),
    position: z.int().min(0).describe('Chunks of this attempt sent before this call'),
    chunks: z
      .array(
        z.strictObject({
          stream: LogStream.describe("out, err, or agent for the agent's own words"),
          at: z.int().describe('When it was written'),
          encoding: LogEncoding.default('utf8').describe('base64 for bytes that are not UTF-8'),
          data: z
            .string()
            .max(Math.ceil((maxChunkBytes * 4) / 3) + 4)
            .describe('The bytes'),
        }),
      )
      .min(1)
      .max(256)
      .describe('Output in the order it was written'),
  },
  output: z.object({ position: z.int(), seq: z.int() }),
  run: ({ task, fence, position, chunks }, ctx) =>
    ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      const attempt = requireLease(tx, task, fence)
      const log = readLog(tx, row.id)
      const known = attempt.log_position - position
      if (known < 0) {
        throw new HubError(
          'conflict',
          `the log has ${attempt.log_position} chunks and this call starts at ${position}`,
          {
            hint: 'Send the chunks in between first.',
            details: { position: attempt.log_position },
          },
        )
      }
      tx.about(task)
      const fresh = chunks
        .slice(known)
        .map((chunk) => ({ ...chunk, bytes: Buffer.from(chunk.data, chunk.encoding) }))
      if (fresh.length === 0) return { position: attempt.log_position, seq: log.next_seq - 1 }
      const bytes = log.bytes + fresh.reduce((sum, chunk) => sum + chunk.bytes.length, 0)
      if (bytes > maxLogBytes) {
        throw new HubError(
          'exhausted',
          `the log of ${task} has reached its limit of ${maxLogBytes} bytes`,
        )
      }
      fresh.forEach(({ stream, at, bytes: data }, index) =>
        tx.run(
          `INSERT INTO log_chunks (task, seq, attempt, stream, at, data)
           VALUES (:task, :seq, :attempt, :stream, :at, :data)`,
          { task, seq: log.next_seq + index, attempt: attempt.number, stream, at, data },
        ),
      )
      const next = log.next_seq + fresh.length
      tx.run(
        `INSERT INTO logs (task, next_seq, bytes) VALUES (:task, :next, :bytes)
         ON CONFLICT (task) DO UPDATE SET next_seq = :next, bytes = :bytes`,
        { task, next, bytes },
      )
      const reached = attempt.log_position + fresh.length
      tx.run('UPDATE attempts SET log_position = :reached WHERE id = :id', {
        reached,
        id: attempt.id,
      })
      tx.wake(`log:${task}`)
      return { position: reached, seq: next - 1 }
    }),
})

export const taskLog = defineTool({
  name: 'task_log',
  title: 'Read the log',
  description:
    "Reads a task's output from `after`, waiting up to `wait_ms` for more or for a change of the task. Pass the returned `next` as `after` to continue; order is the same for every reader. `tail` shows the end instead.",
  effect: 'read',
  scope: 'task:read',
  input: {
    task: z.string().max(60).describe('Task whose log to read'),
    after: z.int().min(0).default(0).describe('Last chunk already seen'),
    tail: z.int().min(1).max(1000).optional().describe('Only the last so many chunks'),
    max_bytes: z.int().min(1024).max(1_048_576).default(6144).describe('Most bytes to return'),
    wait_ms: z.int().min(0).max(50_000).default(0).describe('How long to wait for new output'),
  },
  output: z.object({ items: z.array(LogChunk), next: z.int(), more: z.boolean() }),
  text: logText,
  run: async ({ task, after, tail, max_bytes: maxBytes, wait_ms: waitMs }, ctx) => {
    findTask(ctx, ctx.store, task)
    const last = readLog(ctx.store, task).next_seq - 1
    const from = tail === undefined ? after : Math.max(after, last - tail)
    if (last <= from && waitMs > 0)
      await ctx.store.topics.wait([`log:${task}`, task], waitMs, ctx.signal)
    const items = readChunks(ctx.store, task, from, maxBytes)
    const next = items.at(-1)?.seq ?? from
    return { items, next, more: readLog(ctx.store, task).next_seq - 1 > next }
  },
})

type Reader = Pick<Tx, 'get' | 'all'>
type ChunkRow = Row & {
  seq: number
  attempt: number
  stream: Chunk['stream']
  at: number
  data: Buffer
  size: number
}

function readChunks(reader: Reader, task: string, after: number, maxBytes: number): Chunk[] {
  const items: Chunk[] = []
  let room = maxBytes
  let from = after
  for (;;) {
    const rows = reader.all<ChunkRow>(
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

const toChunk = ({ seq, attempt, stream, at, data }: ChunkRow): Chunk => {
  const bytes = Buffer.from(data)
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(bytes)
  const [encoding, shown] = isText
    ? (['utf8', text] as const)
    : (['base64', bytes.toString('base64')] as const)
  return { seq, attempt, stream, at, encoding, data: shown }
}

const readLog = (reader: Pick<Tx, 'get'>, task: string) =>
  reader.get<Row & { next_seq: number; bytes: number }>(
    'SELECT next_seq, bytes FROM logs WHERE task = :task',
    { task },
  ) ?? {
    next_seq: 1,
    bytes: 0,
  }
