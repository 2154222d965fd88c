import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { LogChunk, LogEncoding, LogStream, maxChunkBytes } from '../../schemas/log.ts'
import { defineTool } from '../kit/tool.ts'
import { requireLease, saveLogPosition } from './store/attempts.ts'
import { placeNumber, placeOf } from './log-place.ts'
import { appendChunks, readChunks, readLogEnd, readTailStart } from './store/logs.ts'
import { findRelated, findTask } from './store/tasks.ts'
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
        z
          .strictObject({
            stream: LogStream.describe("out, err, or agent for the agent's own words"),
            at: z.int().describe('When it was written'),
            encoding: LogEncoding.default('utf8').describe('base64 for bytes that are not UTF-8'),
            data: z
              .string()
              .max(Math.ceil((maxChunkBytes * 4) / 3) + 4)
              .describe('The bytes'),
          })
          .refine(
            ({ data, encoding }) => Buffer.byteLength(data, encoding) <= maxChunkBytes,
            `a chunk has at most ${maxChunkBytes} bytes; send more as several`,
          ),
      )
      .min(1)
      .max(256)
      .describe('Output in the order it was written'),
  },
  output: z.object({ position: z.int(), seq: z.int() }),
  run: ({ task, fence, position, chunks }, ctx) =>
    ctx.transaction(async (tx) => {
      await findTask(ctx, tx, task)
      const attempt = await requireLease(tx, task, fence)
      const end = await readLogEnd(tx, task)
      const stored = attempt.log_position - position
      if (stored < 0) {
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
      const fresh = chunks.slice(stored).map(({ stream, at, data, encoding }) => ({
        stream,
        at,
        data: Buffer.from(data, encoding),
      }))
      if (fresh.length === 0) return { position: attempt.log_position, seq: end.nextSeq - 1 }
      if (end.bytes + fresh.reduce((sum, { data }) => sum + data.length, 0) > maxLogBytes) {
        throw new HubError(
          'exhausted',
          `the log of ${task} has reached its limit of ${maxLogBytes} bytes`,
        )
      }
      const reached = attempt.log_position + fresh.length
      const { nextSeq } = await appendChunks(tx, { task, attempt: attempt.number, end }, fresh)
      await saveLogPosition(tx, attempt.id, reached)
      return { position: reached, seq: nextSeq - 1 }
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
    after: z.number().min(0).default(0).describe('`next` of the read before'),
    tail: z.int().min(1).max(1000).optional().describe('Only the last so many chunks'),
    max_bytes: z.int().min(1024).max(1_048_576).default(6144).describe('Most bytes to return'),
    wait_ms: z.int().min(0).max(50_000).default(0).describe('How long to wait for new output'),
  },
  output: z.object({
    items: z.array(LogChunk),
    next: z.number().describe('Last chunk seen; where one is cut, a fraction says how much of it'),
    more: z.boolean(),
  }),
  text: logText,
  run: async ({ task, after, tail, max_bytes: maxBytes, wait_ms: waitMs }, ctx) => {
    await findRelated(ctx, ctx.reader, task)
    using changes = ctx.store.topics.listen([`log:${task}`, task])
    const last = async () => (await readLogEnd(ctx.reader, task)).nextSeq - 1
    const end =
      tail === undefined
        ? undefined
        : await readTailStart(ctx.reader, { task, chunks: tail, maxBytes })
    const from = end === undefined ? after : Math.max(after, placeNumber(end))
    if ((await last()) <= from && waitMs > 0) await changes.next(waitMs, ctx.signal)
    const read = await readChunks(ctx.reader, { task, after: placeOf(from), maxBytes })
    const next = placeNumber(read.next)
    return { items: read.items, next, more: (await last()) > next }
  },
})
