import { z } from 'zod'
import { ContextDocument } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { documentText } from './texts.ts'
import { findSource, toSource } from './visible-sources.ts'

export const contextRead = defineTool({
  name: 'context_read',
  title: 'Read around a citation',
  description:
    'Reads the text around a cited line of a document of the context store, in order and with its line numbers, as it was when it was taken in. Use it after context_search to see more than the piece that was found.',
  effect: 'read',
  scope: 'context:read',
  input: {
    source: z.string().max(4096).describe('Source, by id, name or path'),
    path: z.string().min(1).max(1000).describe('Document of the source, as it is cited'),
    line: z.int().min(1).default(1).describe('Line to read around'),
    max_chars: z
      .int()
      .min(2400)
      .max(100_000)
      .default(6000)
      .describe('Most characters to return, or half as many tokens'),
  },
  output: ContextDocument,
  text: documentText,
  run: async ({ source: asked, path, line, max_chars: maxChars }, ctx) => {
    const row = await findSource(ctx, asked)
    const request = { org: row.org, source: row.id, path, line, maxChars }
    const found = await ctx.context.read(request)
    if (!found)
      throw new HubError('not_found', `${row.name} has no document ${JSON.stringify(path)}`, {
        hint: 'It may have been removed since it was cited; context_search finds what is there.',
      })
    return { source: toSource(row), path, trust: row.trust, ...found }
  },
})
