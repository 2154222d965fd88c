import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { createTextFile, etagOf } from '../kit/files/text-file.ts'
import { patchEdit } from '../kit/markdown/patch.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import { findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import type { ProjectFolder } from './project.ts'
import {
  announce,
  changeDocument,
  documentsOf,
  featureInput,
  insideProject,
  openProject,
  withProjectLock,
} from './project.ts'
import { resolveTemplate } from './templates.ts'

const templates: Record<string, string> = {
  'spec.md': 'spec-template',
  'plan.md': 'plan-template',
  'tasks.md': 'tasks-template',
}

export const specPatch = defineTool({
  name: 'spec_patch',
  title: 'Change a document',
  description:
    "Changes one section of a feature's document, or makes the document from the project's template with op `create`. Everything else in it stays byte for byte. Use spec_task_update to tick tasks.",
  effect: 'update',
  scope: 'spec:write',
  input: {
    ...featureInput,
    document: z
      .string()
      .regex(
        /^(?!.*\.\.)[\w.-]+(\/[\w.-]+)?\.md$/,
        'expected a file that ends in .md, in the folder of the feature or one folder below it',
      )
      .max(200)
      .describe('Document, such as plan.md or contracts/api.md'),
    op: z.enum(['append', 'prepend', 'replace', 'create']).describe('What to do with the section'),
    heading: z
      .array(z.string().max(300))
      .max(6)
      .optional()
      .describe('Section, by its headings from the outside in; default: the whole document'),
    content: z
      .string()
      .max(200_000)
      .default('')
      .describe('Markdown; empty with `create` takes the template'),
    if_match: z
      .string()
      .max(64)
      .optional()
      .describe('etag of the document as you read it; `replace` needs it'),
    create_heading: z
      .boolean()
      .default(false)
      .describe('Add the heading at the end when it is missing'),
    dry_run: z.boolean().default(false).describe('Only show the change'),
  },
  output: z.object({
    path: z.string(),
    etag: z.string(),
    changed: z.boolean(),
    diff: z.string().optional(),
  }),
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const feature = await findFeature(project, input.feature)
    const name = input.document
    const path = `specs/${feature}/${name}`
    if (name.startsWith('checklists/')) ctx.ensure('checklist.change', { document: name })
    const target = input.heading
      ? ({ kind: 'heading', path: input.heading } as const)
      : ({ kind: 'whole' } as const)
    if (input.op === 'create') {
      const made = await withProjectLock(project, async () => {
        const text = input.content !== '' ? input.content : await templateText(project, name)
        if (input.dry_run) return { path, etag: etagOf(text), changed: false }
        return {
          path,
          etag: await createTextFile(await insideProject(project, path), text, path),
          changed: true,
        }
      })
      if (made.changed) await announce(ctx, project, feature, 'spec.changed', { document: name })
      return made
    }
    const { op } = input
    if (op === 'replace' && input.if_match === undefined) {
      throw new HubError(
        'invalid',
        '`replace` needs if_match, so that nothing unseen is replaced',
        { hint: 'spec_read gives the etag.' },
      )
    }
    if (!(await documentsOf(project, feature)).includes(name)) {
      throw new HubError('not_found', `feature ${feature} has no ${name}`, {
        hint: 'op `create` makes it.',
      })
    }
    const options = { feature, name, ifMatch: input.if_match, dryRun: input.dry_run }
    const written = await changeDocument(project, options, (file) => [
      patchEdit(scanMarkdown(file.text), target, op, input.content, input.create_heading),
    ])
    if (written.changed && !input.dry_run)
      await announce(ctx, project, feature, 'spec.changed', { document: name })
    return written
  },
})

async function templateText(project: ProjectFolder, name: string): Promise<string> {
  const template = name.startsWith('checklists/') ? 'checklist-template' : templates[name]
  const found = template === undefined ? undefined : await resolveTemplate(project, template)
  if (found) return found.text
  throw new HubError('not_found', `the project has no template for ${name}`, {
    hint: 'Pass `content`.',
  })
}
