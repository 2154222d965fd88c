import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { NoteWritten } from '../../schemas/note.ts'
import { patchEdit } from '../kit/markdown/patch.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import { defineTool } from '../kit/tool.ts'
import { changeNote } from './change.ts'
import { createNote, ensureDaily } from './create.ts'
import { scanNote } from './note-scan.ts'
import { propertyEdits } from './properties.ts'
import { anyWritable, pathInput, vaultInput } from './vaults.ts'

const changing = {
  if_match: z
    .string()
    .max(64)
    .optional()
    .describe('etag of the note as you read it; a mismatch writes nothing'),
  dry_run: z.boolean().default(false).describe('Only show the change'),
}

export const noteCreate = defineTool({
  name: 'note_create',
  title: 'Create a note',
  description:
    'Writes a new note, from text or from a template of the vault. A note that exists is left alone; use note_patch to add to it. The path daily:today makes the daily note.',
  effect: 'create',
  scope: 'note:write',
  available: anyWritable,
  input: {
    ...vaultInput,
    path: pathInput,
    content: z.string().max(1_000_000).default('').describe('Text of the note'),
    template: z
      .string()
      .max(1000)
      .optional()
      .describe('Note to start from; {{title}}, {{date}}, {{time}} are filled in'),
    properties: z
      .record(z.string().max(200), z.unknown())
      .default({})
      .describe('Properties to set'),
    dry_run: changing.dry_run,
  },
  output: NoteWritten,
  run: async (input, ctx) => {
    const { vault: name, path: asked, content, template, properties, dry_run: dryRun } = input
    return createNote(ctx, { vault: name, path: asked, content, template, properties, dryRun })
  },
})

export const notePatch = defineTool({
  name: 'note_patch',
  title: 'Change a note',
  description:
    'Appends, prepends or replaces at one place of a note: below a heading, at a block id, at a line, or at the end. Everything else stays byte for byte. A place that is not found changes nothing; the note of a day (daily:today) is made when it is missing.',
  effect: 'update',
  scope: 'note:write',
  available: anyWritable,
  input: {
    ...vaultInput,
    path: pathInput,
    op: z
      .enum(['append', 'prepend', 'replace'])
      .describe('What to do there; `replace` needs if_match'),
    content: z.string().max(1_000_000).describe('Markdown'),
    heading: z
      .array(z.string().max(300))
      .max(6)
      .optional()
      .describe('Section, by its headings from the outside in'),
    block: z.string().max(100).optional().describe('Id of a block'),
    line: z.int().min(1).optional().describe('Number of a line; needs if_match'),
    create_heading: z
      .boolean()
      .default(false)
      .describe('Add the heading at the end when it is missing'),
    ...changing,
  },
  output: NoteWritten,
  run: async (input, ctx) => {
    const { heading, block, line } = input
    if ([heading, block, line].filter((value) => value !== undefined).length > 1) {
      throw new HubError(
        'invalid',
        'give one of `heading`, `block` and `line`, or none for the whole note',
      )
    }
    if (input.if_match === undefined && (input.op === 'replace' || line !== undefined)) {
      throw new HubError(
        'invalid',
        '`replace`, and a place given by its line, need if_match, so that nothing unseen is changed',
        { hint: 'note_read gives the etag.' },
      )
    }
    const target =
      heading !== undefined
        ? ({ kind: 'heading', path: heading } as const)
        : block !== undefined
          ? ({ kind: 'block', id: block.replace(/^\^/, '') } as const)
          : line !== undefined
            ? ({ kind: 'line', number: line } as const)
            : ({ kind: 'whole' } as const)
    if (input.path.startsWith('daily:') && !input.dry_run) await ensureDaily(ctx, input)
    return changeNote(ctx, input, (file) => [
      patchEdit(scanMarkdown(file.text), target, input.op, input.content, input.create_heading),
    ])
  },
})

export const noteProperty = defineTool({
  name: 'note_property',
  title: 'Set properties',
  description:
    'Sets and removes properties of a note, each in its own lines; comments, order and quoting of the others stay. Front matter that is not valid is left alone.',
  effect: 'update',
  scope: 'note:write',
  idempotent: true,
  available: anyWritable,
  input: {
    ...vaultInput,
    path: pathInput,
    set: z
      .record(
        z.string().min(1).max(200),
        z.union([
          z.string().max(20_000),
          z.number(),
          z.boolean(),
          z.null(),
          z.array(z.union([z.string().max(2000), z.number()])).max(1000),
        ]),
      )
      .default({})
      .describe('Values by name; links are written as "[[Note]]"'),
    unset: z.array(z.string().max(200)).max(50).default([]).describe('Names to remove'),
    ...changing,
  },
  output: NoteWritten,
  run: (input, ctx) =>
    changeNote(ctx, input, (file) =>
      propertyEdits(scanMarkdown(file.text), input.set, input.unset),
    ),
})

export const noteCheckbox = defineTool({
  name: 'note_checkbox',
  title: 'Set a checkbox',
  description:
    'Sets the character in the box of one task of a note: `x` is done, a space is open, others are as the vault uses them.',
  effect: 'update',
  scope: 'note:write',
  idempotent: true,
  available: anyWritable,
  input: {
    ...vaultInput,
    path: pathInput,
    line: z.int().min(1).optional().describe('Line of the task'),
    text: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Part of its text, instead of the line; it must fit one task'),
    mark: z
      .string()
      .regex(/^[^\r\n\]]$/u, 'one character')
      .describe('Character to put into the box'),
    ...changing,
  },
  output: NoteWritten,
  run: (input, ctx) =>
    changeNote(ctx, input, (file) => {
      const { tasks } = scanNote(file.text)
      const found = tasks.filter(
        ({ line, text }) =>
          (input.line === undefined || line === input.line) &&
          (input.text === undefined || text.includes(input.text)),
      )
      const [task, second] = found
      if (!task || (input.line === undefined && input.text === undefined)) {
        throw new HubError(
          task ? 'invalid' : 'not_found',
          task ? 'name the task by `line` or `text`' : 'there is no such task in the note',
          { hint: 'note_read with format map lists its tasks.' },
        )
      }
      if (second)
        throw new HubError(
          'ambiguous',
          `${found.length} tasks fit, on lines ${found
            .map(({ line }) => line)
            .slice(0, 10)
            .join(', ')}`,
          { hint: 'Pass `line`.' },
        )
      return task.mark === input.mark
        ? []
        : [{ start: task.markAt, end: task.markAt + task.mark.length, text: input.mark }]
    }),
})
