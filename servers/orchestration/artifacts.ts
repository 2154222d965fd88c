import { z } from 'zod'
import { Artifact } from '../../schemas/artifact.ts'
import { longPageInput, page } from '../../schemas/page.ts'
import { HubError } from '../../schemas/errors.ts'
import { readBlob, writeBlob } from '../kit/blobs.ts'
import type { Context } from '../kit/context.ts'
import { orgFilter } from '../kit/context.ts'
import { cursorKey, pageOf } from '../kit/page.ts'
import { defineTool } from '../kit/tool.ts'
import {
  keepArtifact,
  listArtifacts,
  listNewestArtifacts,
  readArtifact,
  toArtifact,
} from './store/artifacts.ts'
import { findHanded } from './handed.ts'
import { requireLease } from './store/attempts.ts'
import { findTask } from './store/tasks.ts'
import { artifactsText, artifactText } from './texts.ts'

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
      .regex(
        /^[\w][\w. /-]{0,199}$/,
        'a name is 1 to 200 letters, digits, spaces or any of _ . / -, and begins with a letter or digit',
      )
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
    await findTask(ctx, ctx.reader, task)
    await requireLease(ctx.reader, task, fence)
    const bytes = Buffer.from(data, encoding)
    if (bytes.length > maxArtifactBytes) {
      throw new HubError(
        'exhausted',
        `artifact ${name} has ${bytes.length} bytes; the limit is ${maxArtifactBytes}`,
      )
    }
    const sha256 = await writeBlob(ctx.dataDir, bytes) // Before the row: a blob without a row is harmless.
    const id = ctx.id('artifact')
    return ctx.transaction(async (tx) => {
      const { org } = await findTask(ctx, tx, task)
      const { number: attempt } = await requireLease(tx, task, fence)
      tx.about(task)
      const row = {
        id,
        task,
        attempt,
        name,
        media_type: mediaType,
        size_bytes: bytes.length,
        sha256,
        created_at: tx.now,
      }
      return toArtifact(await keepArtifact(tx, org, row))
    })
  },
})

export const artifactList = defineTool({
  name: 'artifact_list',
  title: 'List artifacts',
  description:
    'Lists the files kept from a task, newest attempt first, or the newest of all tasks. Use artifact_read for the bytes.',
  effect: 'read',
  scope: 'task:read',
  input: {
    task: z.string().max(60).optional().describe('Task whose artifacts to list; default: all'),
    name: z.string().max(200).default('').describe('Without `task`: only names with this in them'),
    ...longPageInput,
  },
  output: page(Artifact),
  text: artifactsText,
  run: async ({ task: asked, name, ...at }, ctx) => {
    const task = asked ?? ctx.principal.task
    if (task !== undefined) {
      await findHanded(ctx, ctx.reader, task)
      return listArtifacts(ctx.reader, task, at)
    }
    const rows = await listNewestArtifacts(ctx.reader, {
      ...{ orgs: orgFilter(ctx, undefined), name },
      ...{ before: cursorKey(at.cursor, '~'), count: at.limit + 1 },
    })
    return pageOf(rows, at.limit, toArtifact, ({ id }) => id)
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
    max_bytes: z.int().min(1).max(maxArtifactBytes).default(6144).describe('Most bytes to return'),
  },
  output: z.object({
    artifact: Artifact,
    encoding: z.enum(['utf8', 'base64']),
    data: z.string(),
    truncated: z.boolean(),
  }),
  text: artifactText,
  run: async ({ artifact: id, max_bytes: maxBytes }, ctx) => {
    const artifact = await findArtifact(ctx, id)
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
async function findArtifact(ctx: Context, id: string): Promise<Artifact> {
  const row = await readArtifact(ctx.reader, id)
  if (!row)
    throw new HubError('not_found', `there is no artifact ${JSON.stringify(id)}`, {
      hint: 'artifact_list shows them.',
    })
  await findHanded(ctx, ctx.reader, row.task)
  return toArtifact(row)
}
