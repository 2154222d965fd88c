import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Edit } from '../kit/files/edits.ts'
import { lineEnding } from '../kit/files/edits.ts'
import { findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import { announce, changeDocument, featureInput, openProject } from './project.ts'
import type { TasksDocument } from './task-lines.ts'
import { idNumber, phaseNumber, readTasks } from './task-lines.ts'

const NewTask = z.strictObject({
  text: z
    .string()
    .trim()
    .min(3)
    .max(1000)
    .regex(/^[^\r\n]*$/, 'one line')
    .describe('What to do, with the path of the file'),
  parallel: z.boolean().default(false).describe('Whether it can run beside its neighbours'),
  story: z
    .string()
    .regex(/^US\d+$/, 'expected US and a number')
    .optional()
    .describe('User story, such as US1'),
})

export const specTaskAppend = defineTool({
  name: 'spec_task_append',
  title: 'Append tasks',
  description:
    'Adds tasks with the next free ids: below the last task of a phase, or, without `phase`, in a new "Convergence" phase at the end. Nothing that is there is changed; no tasks, no write.',
  effect: 'create',
  scope: 'spec:write',
  input: {
    ...featureInput,
    tasks: z.array(NewTask).max(100).describe('Tasks to add'),
    phase: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Start or part of the heading of an existing phase'),
    if_match: z.string().max(64).optional().describe('etag of tasks.md as you read it'),
    dry_run: z.boolean().default(false).describe('Only show the change'),
  },
  output: z.object({
    etag: z.string(),
    ids: z.array(z.string()),
    phase: z.string(),
    diff: z.string().optional(),
  }),
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const feature = await findFeature(project, input.feature)
    let ids: string[] = []
    let phase = ''
    const target = { feature, name: 'tasks.md', ifMatch: input.if_match, dryRun: input.dry_run }
    const written = await changeDocument(project, target, (file) => {
      if (input.tasks.length === 0) return []
      const document = readTasks(file.text)
      ids = nextIds(document, input.tasks.length)
      const lines = input.tasks.map(
        ({ text, parallel, story }, index) =>
          `- [ ] ${ids[index]} ${parallel ? '[P] ' : ''}${story ? `[${story}] ` : ''}${text}`,
      )
      const placed =
        input.phase === undefined ? atEnd(document, lines) : inPhase(document, lines, input.phase)
      phase = placed.phase
      return [placed.edit]
    })
    if (written.changed && !input.dry_run)
      await announce(ctx, project, feature, 'spec.task_added', { tasks: ids, phase })
    return {
      etag: written.etag,
      ids,
      phase,
      ...(written.diff === undefined ? {} : { diff: written.diff }),
    }
  },
})

/** Ids after the highest one in the file, as wide as its ids are and at least three digits. */
function nextIds({ tasks, unparsed }: TasksDocument, count: number): string[] {
  const named = [
    ...tasks.map(({ id }) => id),
    ...unparsed.flatMap(({ text }) => text.match(/\bT\d{3,}/g) ?? []),
  ]
  const highest = Math.max(0, ...named.map(idNumber))
  const width = Math.max(3, ...named.map((id) => /^T(\d+)$/.exec(id)?.[1]?.length ?? 0))
  return Array.from(
    { length: count },
    (_unused, index) => `T${String(highest + 1 + index).padStart(width, '0')}`,
  )
}

type Placed = { edit: Edit; phase: string }

function atEnd(document: TasksDocument, lines: string[]): Placed {
  const { text, headings } = document.scan
  const ending = lineEnding(text)
  const number = Math.max(0, ...headings.map((heading) => phaseNumber(heading.text))) + 1
  const phase = `Phase ${number}: Convergence`
  const gap = text === '' ? '' : text.endsWith('\n') ? ending : ending + ending
  const added = `${gap}## ${phase}${ending}${ending}${lines.join(ending)}${ending}`
  return { phase, edit: { start: text.length, end: text.length, text: added } }
}

function inPhase(document: TasksDocument, lines: string[], wanted: string): Placed {
  const { text, headings } = document.scan
  const found = headings.filter((heading) =>
    heading.text.toLowerCase().includes(wanted.toLowerCase()),
  )
  const exact = found.filter((heading) => heading.text.toLowerCase() === wanted.toLowerCase())
  const [heading, second] = exact.length > 0 ? exact : found
  const shown = JSON.stringify(wanted)
  if (!heading) {
    const names = headings.filter(({ level }) => level === 2).map((other) => other.text)
    throw new HubError('not_found', `there is no phase ${shown}`, {
      hint: `Phases: ${names.slice(0, 15).join(' | ') || 'none'}.`,
    })
  }
  if (second) {
    throw new HubError(
      'ambiguous',
      `${shown} may mean ${found
        .map((other) => JSON.stringify(other.text))
        .slice(0, 5)
        .join(' or ')}`,
    )
  }
  const ending = lineEnding(text)
  const last = document.tasks.findLast(
    ({ markAt }) => markAt >= heading.start && markAt < heading.end,
  )
  const line = last ? document.scan.lines[last.line - 1] : document.scan.lines[heading.line - 1]
  const at = line?.end ?? heading.end
  const gap = last ? ending : ending + ending
  return { phase: heading.text, edit: { start: at, end: at, text: gap + lines.join(ending) } }
}
