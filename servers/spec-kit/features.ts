import { basename, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Feature } from '../../schemas/spec.ts'
import { createTextFile, etagOf, readIfThere } from '../kit/files/text-file.ts'
import { findHeading } from '../kit/markdown/patch.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import { cursorKey, pageOf } from '../kit/page.ts'
import { featureNames, findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import { pageInput } from '../../schemas/page.ts'
import { choosePrefix, cleanName, fitName, slugOf, timestampPrefix } from './naming.ts'
import type { Project } from './project.ts'
import {
  announce,
  documentsOf,
  featureInput,
  insideProject,
  openProject,
  projectInput,
  readDocument,
  withProjectLock,
} from './project.ts'
import { readTasks } from './task-lines.ts'
import { resolveTemplate } from './templates.ts'
import { featuresText, featureText } from './texts.ts'

export const specList = defineTool({
  name: 'spec_list',
  title: 'List features',
  description:
    'Lists the Spec-Kit features of a repository with their documents and how many tasks are open and done. Use spec_read for the text of one.',
  effect: 'read',
  scope: 'spec:read',
  input: { ...projectInput, ...pageInput },
  output: z.object({ items: z.array(Feature), next: z.string().optional() }),
  text: featuresText,
  run: async ({ repo, project: folder, cursor, limit }, ctx) => {
    const project = await openProject(ctx, { repo, project: folder })
    const after = Buffer.from(cursorKey(cursor, ''), 'hex').toString('utf8')
    const names = (await featureNames(project)).filter((name) => name > after).slice(0, limit + 1)
    const features = await Promise.all(names.map((name) => describe(project, name)))
    return pageOf(
      features,
      limit,
      (item) => item,
      ({ name }) => Buffer.from(name).toString('hex'),
    )
  },
})

async function describe(project: Project, name: string): Promise<Feature> {
  const documents = await documentsOf(project, name)
  const count = { open: 0, done: 0, other: 0 }
  if (documents.includes('tasks.md')) {
    const { tasks } = readTasks((await readDocument(project, name, 'tasks.md')).text)
    for (const { state } of tasks) count[state]++
  }
  const spec = documents.includes('spec.md')
    ? (await readDocument(project, name, 'spec.md')).text
    : ''
  const title =
    scanMarkdown(spec).headings[0]?.text.replace(/^Feature Specification:\s*/, '') ?? name
  return { name, title, documents, tasks: count }
}

const maxPartChars = 100_000

export const specRead = defineTool({
  name: 'spec_read',
  title: 'Read a feature',
  description:
    'Reads documents of a feature: the headings of each, and the text of those named in `parts`, or of one section. Use spec_task_list for its tasks, spec_trace for what covers what.',
  effect: 'read',
  scope: 'spec:read',
  input: {
    ...featureInput,
    parts: z
      .array(z.string().max(300))
      .max(10)
      .default(['spec.md'])
      .describe('Documents to show, such as spec.md or contracts/api.md; empty: headings only'),
    heading: z
      .array(z.string().max(300))
      .max(6)
      .optional()
      .describe('Only the section below this heading, from the outside in'),
    max_chars: z
      .int()
      .min(200)
      .max(maxPartChars)
      .default(12_000)
      .describe('Most characters over all parts'),
  },
  output: z.object({
    feature: Feature,
    outline: z.array(z.object({ document: z.string(), headings: z.array(z.string()) })),
    parts: z.array(
      z.object({
        document: z.string(),
        etag: z.string(),
        text: z.string(),
        truncated: z.boolean(),
        totalChars: z.int(),
      }),
    ),
  }),
  text: featureText,
  run: async (
    { repo, project: folder, feature: asked, parts, heading, max_chars: maxChars },
    ctx,
  ) => {
    const project = await openProject(ctx, { repo, project: folder })
    const name = await findFeature(project, asked)
    const feature = await describe(project, name)
    const outline = await Promise.all(
      feature.documents
        .filter((document) => document.endsWith('.md'))
        .slice(0, 30)
        .map(async (document) => {
          const { headings } = scanMarkdown((await readDocument(project, name, document)).text)
          return {
            document,
            headings: headings
              .slice(0, 60)
              .map(({ level, text }) => `${'#'.repeat(level)} ${text}`),
          }
        }),
    )
    let room = maxChars
    const shown = []
    for (const document of parts) {
      const file = await readDocument(project, name, document)
      const section = heading && findHeading(scanMarkdown(file.text), heading)
      const whole = section ? file.text.slice(section.start, section.end) : file.text
      const text = whole.slice(0, room)
      room -= text.length
      shown.push({
        document,
        etag: file.etag,
        text,
        truncated: text.length < whole.length,
        totalChars: whole.length,
      })
    }
    return { feature, outline, parts: shown }
  },
})

export const specCreate = defineTool({
  name: 'spec_create',
  title: 'Create a feature',
  description:
    "Makes the next numbered feature folder with a spec.md from the project's own template, named as Spec-Kit names it. Use spec_patch to fill it in; `.specify/feature.json` is not touched.",
  effect: 'create',
  scope: 'spec:write',
  input: {
    ...projectInput,
    description: z
      .string()
      .trim()
      .min(1)
      .max(2000)
      .describe('What the feature is, in words; its name is made from them'),
    slug: z
      .string()
      .max(300)
      .optional()
      .describe('Short name of two to four words; default: made from the description'),
    number: z
      .int()
      .min(0)
      .max(999_999_999)
      .optional()
      .describe('Number to prefer; the next free one is taken when it is in use'),
    dry_run: z.boolean().default(false).describe('Only say what would be made'),
  },
  output: z.object({
    feature: z.string(),
    path: z.string(),
    etag: z.string(),
    template: z.array(z.string()),
    warnings: z.array(z.string()),
    created: z.boolean(),
  }),
  run: async (
    { repo, project: folder, description, slug: asked, number, dry_run: dryRun },
    ctx,
  ) => {
    const project = await openProject(ctx, { repo, project: folder })
    const slug = asked === undefined ? slugOf(description) : cleanName(asked)
    if (slug === '') {
      throw new HubError(
        'invalid',
        'no name can be made of that: it has neither letters nor digits',
        { hint: 'Pass `slug`, such as user-login.' },
      )
    }
    return withProjectLock(project, async () => {
      const folders = await featureNames(project)
      const { prefix, corrected } = usesTimestamps(project.root)
        ? { prefix: timestampPrefix(ctx.now()), corrected: false }
        : choosePrefix(folders, number)
      const feature = fitName(prefix, slug)
      const template = await resolveTemplate(project, 'spec-template')
      const path = `specs/${feature}/spec.md`
      const warnings = [
        ...(corrected ? [`number ${number} is in use; ${prefix} was taken`] : []),
        ...(template ? [] : ['the project has no spec-template; spec.md is empty']),
      ]
      const made = { feature, path, template: template?.sources ?? [], warnings }
      const text = template?.text ?? ''
      if (dryRun) return { ...made, etag: etagOf(text), created: false }
      const etag = await createTextFile(await insideProject(project, path), text, path)
      await announce(ctx, project, feature, 'spec.created', { path })
      return { ...made, etag, created: true }
    })
  },
})

const InitOptions = z.looseObject({ feature_numbering: z.string().optional() })

function usesTimestamps(root: string): boolean {
  const file = join(root, '.specify', 'init-options.json')
  const text = readIfThere(file)
  if (text === undefined) return false
  try {
    return InitOptions.parse(JSON.parse(text)).feature_numbering === 'timestamp'
  } catch (error) {
    throw new HubError('invalid', `.specify/${basename(file)} is not what Spec-Kit writes`, {
      cause: error,
    })
  }
}
