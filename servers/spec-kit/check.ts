import { z } from 'zod'
import { yaml } from '../kit/lazy.ts'
import { HubError } from '../../schemas/errors.ts'
import { readIfThere } from '../kit/files/text-file.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import { findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import type { Project } from './project.ts'
import { documentsOf, featureInput, insideProject, openProject, readDocument } from './project.ts'
import { readRequirements, refsOf } from './requirements.ts'
import type { TaskLine } from './task-lines.ts'
import { readTasks } from './task-lines.ts'

const Finding = z.object({
  level: z.enum(['error', 'warning']),
  where: z.string(),
  message: z.string(),
})
type Finding = z.infer<typeof Finding>

const Hook = z.looseObject({
  extension: z.string().optional(),
  command: z.string().optional(),
  enabled: z.boolean().optional(),
  optional: z.boolean().optional(),
  prompt: z.string().optional(),
})

export const specCheck = defineTool({
  name: 'spec_check',
  title: 'Check a feature',
  description:
    'Checks a feature before work begins: missing documents, open questions, template text left in, duplicate ids, tasks that cannot be ticked, unfinished checklists. Shows the hooks of extensions; it never runs them.',
  effect: 'read',
  scope: 'spec:read',
  input: featureInput,
  output: z.object({
    ready: z.boolean().describe('No errors'),
    findings: z.array(Finding),
    checklists: z.array(z.object({ document: z.string(), done: z.int(), total: z.int() })),
    hooks: z.record(z.string(), z.array(Hook)),
  }),
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const feature = await findFeature(project, input.feature)
    const documents = await documentsOf(project, feature)
    const findings: Finding[] = []
    for (const [name, command] of [
      ['spec.md', 'specify'],
      ['plan.md', 'plan'],
      ['tasks.md', 'tasks'],
    ] as const) {
      if (!documents.includes(name))
        findings.push({
          level: 'error',
          where: name,
          message: `is missing; Spec-Kit's ${command} command makes it`,
        })
    }
    const texts = new Map<string, string>()
    for (const name of documents.filter((document) => document.endsWith('.md')).slice(0, 50)) {
      texts.set(name, (await readDocument(project, feature, name)).text)
    }
    for (const [name, text] of texts) findings.push(...textFindings(name, text))
    const tasks = texts.get('tasks.md')
    if (tasks !== undefined) findings.push(...taskFindings(tasks, texts.get('spec.md') ?? ''))
    const checklists = [...texts]
      .filter(([name]) => name.startsWith('checklists/'))
      .map(([document, text]) => ({ document, ...countBoxes(text) }))
    for (const { document, done, total } of checklists) {
      if (done < total)
        findings.push({
          level: 'warning',
          where: document,
          message: `${total - done} of ${total} points are open`,
        })
    }
    return {
      ready: findings.every(({ level }) => level !== 'error'),
      findings: findings.slice(0, 200),
      checklists,
      hooks: await readHooks(project),
    }
  },
})

function textFindings(name: string, text: string): Finding[] {
  return scanMarkdown(text).lines.flatMap(({ text: line, number, kind }): Finding[] => {
    if (kind !== 'text') return []
    const question = /\[NEEDS CLARIFICATION:?\s*([^\]]*)/.exec(line)
    if (question)
      return [
        {
          level: 'error',
          where: `${name}:${number}`,
          message: `open question: ${question[1] ?? ''}`,
        },
      ]
    if (/\[(?:FEATURE NAME|###-feature-name|DATE|Brief Title|Title|PROJECT_NAME)\]/.test(line)) {
      return [
        {
          level: 'warning',
          where: `${name}:${number}`,
          message: `template text was left in: ${line.trim().slice(0, 80)}`,
        },
      ]
    }
    return []
  })
}

function taskFindings(text: string, spec: string): Finding[] {
  const { tasks, duplicates, unparsed } = readTasks(text)
  const uncovered = readRequirements(spec).filter(
    ({ ref, kind }) => kind === 'US' && !tasks.some((task) => refsOf(task).includes(ref)),
  )
  const ids = new Set(tasks.map(({ id }) => id))
  const dangling = tasks.flatMap((task: TaskLine) =>
    task.dependsOn.filter((id) => !ids.has(id)).map((id) => ({ task, id })),
  )
  return [
    ...(tasks.length === 0
      ? [{ level: 'error' as const, where: 'tasks.md', message: 'has no tasks' }]
      : []),
    ...[...duplicates].map(([id, lines]) => ({
      level: 'error' as const,
      where: `tasks.md:${lines[0]}`,
      message: `${id} stands on lines ${lines.join(', ')}`,
    })),
    ...unparsed.map(({ line }) => ({
      level: 'warning' as const,
      where: `tasks.md:${line}`,
      message: 'names a task where no box can be ticked',
    })),
    ...dangling.map(({ task, id }) => ({
      level: 'warning' as const,
      where: `tasks.md:${task.line}`,
      message: `${task.id} depends on ${id}, which does not exist`,
    })),
    ...uncovered.map(({ ref, line }) => ({
      level: 'warning' as const,
      where: `spec.md:${line}`,
      message: `no task is for ${ref}`,
    })),
  ]
}

function countBoxes(text: string): { done: number; total: number } {
  const marks = scanMarkdown(text).lines.flatMap(({ kind, text: line }) =>
    kind === 'text' ? (/^\s*[-*+]\s+\[(.)\]\s/.exec(line)?.[1] ?? []) : [],
  )
  return { done: marks.filter((mark) => mark === 'x' || mark === 'X').length, total: marks.length }
}

const Extensions = z.looseObject({ hooks: z.record(z.string(), z.array(Hook)).optional() })

/** Hooks as data, by event: what an extension would like to have run is for a person to decide. */
async function readHooks(project: Project): Promise<Record<string, z.infer<typeof Hook>[]>> {
  const text = readIfThere(await insideProject(project, '.specify/extensions.yml'))
  if (text === undefined) return {}
  try {
    return Extensions.parse(yaml().parse(text) ?? {}).hooks ?? {}
  } catch (error) {
    throw new HubError(
      'invalid',
      `.specify/extensions.yml cannot be read: ${String(error).slice(0, 300)}`,
      { cause: error },
    )
  }
}
