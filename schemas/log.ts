import { z } from 'zod'

export const LogStream = z.enum(['out', 'err', 'agent'])
export type LogStream = z.infer<typeof LogStream>

/** Bytes that are not UTF-8 travel as base64, so that a log is what the process wrote. */
export const LogEncoding = z.enum(['utf8', 'base64'])

/** A run of bytes from one stream. Lines may span chunks; order is the order of `seq`. */
export const LogChunk = z.object({
  seq: z.int().describe('Gapless from 1 in each task; one that is cut comes in parts'),
  attempt: z.int(),
  stream: LogStream,
  at: z.int(),
  encoding: LogEncoding,
  data: z.string(),
})
export type LogChunk = z.infer<typeof LogChunk>

/** Upper bound of one chunk's bytes; appenders split above it. */
export const maxChunkBytes = 64 * 1024
