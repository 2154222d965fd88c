import { z } from 'zod'
import { ContextSource } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { IngestCounts, ingestFor } from './ingest.ts'
import { findSource, isPlace } from './visible-sources.ts'

export const contextRefresh = defineTool({
  name: 'context_refresh',
  title: 'Read a source again',
  description:
    'Brings a known source up to date from the place where it lies. It takes no text and adds no source; use context_ingest for that.',
  effect: 'update',
  scope: 'task:work',
  needsDiskRoom: true,
  idempotent: true,
  input: {
    source: z
      .string()
      .max(4096)
      .optional()
      .describe('Source by id, name or path; default: the repository of your task'),
    rebuild: z.boolean().default(false).describe('Read everything again, changed or not'),
    wait_ms: z
      .int()
      .min(0)
      .max(50_000)
      .default(20_000)
      .describe('Longest time to wait for the end'),
  },
  output: z.object({ source: ContextSource, ...IngestCounts }),
  run: async ({ source, rebuild, wait_ms: waitMs }, ctx) => {
    const wanted = source ?? ctx.principal.repo
    if (wanted === undefined)
      throw new HubError('invalid', 'no source is named, and your task has no repository', {
        hint: 'Pass `source`; context_source_list shows them.',
      })
    const row = await findSource(ctx, wanted)
    if (!isPlace(row.kind))
      throw new HubError(
        'unsupported',
        `${row.name} holds what was handed in; nothing can be read again`,
      )
    return ingestFor(ctx, row, { rebuild }, waitMs)
  },
})
