import { z } from 'zod'
import { Artifact } from '../../schemas/artifact.ts'
import { HubError } from '../../schemas/errors.ts'
import { readBlob, writeBlob } from '../kit/blobs.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row } from '../kit/tx.ts'
import { requireLease } from './attempt-rows.ts'
import { findTask } from './task-rows.ts'

const maxArtifactBytes = 3 * 1024 * 1024

export const artifactCreate = defineTool({
  name: 'artifact_create',
  title: 'Keep an artifact',
  description:
    'Stores a file that an attempt produced, such as a test report or a patch. The same name and bytes sent again return the same artifact.',
  effect: 'create',
  scope: 'task:work',
  needsDiskRoom: true,
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task that produced it'),
    fence: z.int().describe('Fencing number that task_claim returned'),
    name: z
      .string()
      .regex(/^[\w][\w. /-]{0,199}$/)
      .describe('File name to show'),
    media_type: z.string().max(100).default('application/octet-stream').describe('Media type'),
    encoding: z.enum(['utf8', 'base64']).default('utf8').describe('How `data` is encoded'),
    data: z
      .string()
      .max(maxArtifactBytes * 1.4)
      .describe('The bytes, at most 3 MiB'),
  },
  output: Artifact,
  run: async ({ task, fence, name, media_type: mediaType, encoding, data }, ctx) => {
    findTask(ctx, ctx.store, task)
    requireLease(ctx.store, task, fence)
    const bytes = Buffer.from(data, encoding)
    if (bytes.length > maxArtifactBytes) {
      throw new HubError(
        'exhausted',
        `artifact ${name} has ${bytes.length} bytes; the limit is ${maxArtifactBytes}`,
      )
    }
    const sha256 = await writeBlob(ctx.dataDir, bytes) // Before the row: a blob without a row is harmless.
    const id = ctx.id('artifact')
    return ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      const attempt = requireLease(tx, task, fence)
      tx.about(task)
      const same = tx.get<ArtifactRow>(
        'SELECT * FROM artifacts WHERE task = :task AND attempt = :number AND name = :name',
        { task, number: attempt.number, name },
      )
      if (same?.sha256 === sha256) return toArtifact(same)
      if (same) {
        throw new HubError('conflict', `this attempt already kept another file as ${name}`, {
          hint: 'Use another name.',
        })
      }
      const artifact = {
        id,
        task,
        attempt: attempt.number,
        name,
        mediaType,
        sizeBytes: bytes.length,
        sha256,
        createdAt: tx.now,
      }
      tx.run(
        `INSERT INTO artifacts (id, task, attempt, name, media_type, size_bytes, sha256, created_at)
         VALUES (:id, :task, :attempt, :name, :mediaType, :sizeBytes, :sha256, :createdAt)`,
        artifact,
      )
      tx.event({ kind: 'artifact.created', org: row.org, subject: id, task, data: { name } })
      return artifact
    })
  },
})

export const artifactList = defineTool({
  name: 'artifact_list',
  title: 'List artifacts',
  description:
    'Lists the files kept from a task, newest attempt first. Use artifact_read for the bytes.',
  effect: 'read',
  scope: 'task:read',
  input: { task: z.string().max(60).describe('Task whose artifacts to list') },
  output: z.object({ items: z.array(Artifact) }),
  run: async ({ task }, ctx) => {
    findTask(ctx, ctx.store, task)
    const rows = ctx.store.all<ArtifactRow>(
      'SELECT * FROM artifacts WHERE task = :task ORDER BY attempt DESC, name LIMIT 500',
      { task },
    )
    return { items: rows.map(toArtifact) }
  },
})

export const artifactRead = defineTool({
  name: 'artifact_read',
  title: 'Read an artifact',
  description:
    'Returns the bytes of one artifact, as text where they are UTF-8. Use artifact_list to find its id.',
  effect: 'read',
  scope: 'task:read',
  input: {
    artifact: z.string().max(60).describe('Artifact id'),
    max_bytes: z
      .int()
      .min(1)
      .max(maxArtifactBytes)
      .default(65_536)
      .describe('Most bytes to return'),
  },
  output: z.object({
    artifact: Artifact,
    encoding: z.enum(['utf8', 'base64']),
    data: z.string(),
    truncated: z.boolean(),
  }),
  run: async ({ artifact: id, max_bytes: maxBytes }, ctx) => {
    const artifact = findArtifact(ctx, id)
    const bytes = await readBlob(ctx.dataDir, artifact.sha256)
    const shown = bytes.subarray(0, maxBytes)
    const text = shown.toString('utf8')
    const truncated = bytes.length > shown.length
    // A cut may split the last character; that alone does not make a text binary.
    if (!text.slice(0, truncated ? -1 : undefined).includes('\uFFFD'))
      return { artifact, encoding: 'utf8' as const, data: text, truncated }
    return { artifact, encoding: 'base64' as const, data: shown.toString('base64'), truncated }
  },
})

/** The artifact, or not_found, also for those who may not see its task. */
function findArtifact(ctx: Context, id: string): Artifact {
  const row = ctx.store.get<ArtifactRow>('SELECT * FROM artifacts WHERE id = :id', { id })
  if (!row)
    throw new HubError('not_found', `there is no artifact ${JSON.stringify(id)}`, {
      hint: 'artifact_list shows them.',
    })
  findTask(ctx, ctx.store, row.task)
  return toArtifact(row)
}

type ArtifactRow = Row & {
  id: string
  task: string
  attempt: number
  name: string
  media_type: string
  size_bytes: number
  sha256: string
  created_at: number
}

const toArtifact = (row: ArtifactRow): Artifact => ({
  id: row.id,
  task: row.task,
  attempt: row.attempt,
  name: row.name,
  mediaType: row.media_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  createdAt: row.created_at,
})
