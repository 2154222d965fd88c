import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import { documentsOf, featureInput, openProject, readDocument } from './project.ts'
import { readRequirements, refsOf } from './requirements.ts'
import { readTasks } from './task-lines.ts'
import { traceText } from './texts.ts'

const Traced = z.object({
  ref: z.string(),
  kind: z.enum(['FR', 'SC', 'US']),
  line: z.int(),
  text: z.string(),
  tasks: z.array(
    z.object({ id: z.string(), line: z.int(), state: z.enum(['open', 'done', 'other']) }),
  ),
})

export const specTrace = defineTool({
  name: 'spec_trace',
  title: 'Trace requirements',
  description:
    'Shows which tasks carry out each requirement (FR), success criterion (SC) and user story (US) of a spec, and what nothing covers. Pass `ref` for one of them, or a task id for what it serves.',
  effect: 'read',
  scope: 'spec:read',
  input: {
    ...featureInput,
    ref: z.string().max(40).optional().describe('Such as FR-003, SC-001, US2 or T014'),
  },
  output: z.object({
    items: z.array(Traced),
    uncovered: z.array(z.string()).describe('Refs that no task names'),
    unknown: z
      .array(z.object({ ref: z.string(), task: z.string(), line: z.int() }))
      .describe('Refs that tasks name and the spec does not define'),
  }),
  text: traceText,
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const feature = await findFeature(project, input.feature)
    const documents = await documentsOf(project, feature)
    const spec = await readDocument(project, feature, 'spec.md')
    const tasks = documents.includes('tasks.md')
      ? readTasks((await readDocument(project, feature, 'tasks.md')).text).tasks
      : []
    const requirements = readRequirements(spec.text)
    const items = requirements.map((requirement) => ({
      ...requirement,
      text: requirement.text.slice(0, 300),
      tasks: tasks
        .filter((task) => refsOf(task).includes(requirement.ref))
        .map(({ id, line, state }) => ({ id, line, state })),
    }))
    const uncovered = items.filter((item) => item.tasks.length === 0).map(({ ref }) => ref)
    const known = new Set(requirements.map(({ ref }) => ref))
    const unknown = tasks.flatMap((task) =>
      refsOf(task)
        .filter((ref) => !known.has(ref))
        .map((ref) => ({ ref, task: task.id, line: task.line })),
    )
    const { ref } = input
    if (ref === undefined) return { items, uncovered, unknown }
    const shown = items.filter(
      (item) => item.ref === ref.toUpperCase() || item.tasks.some(({ id }) => id === ref),
    )
    if (shown.length === 0 && !tasks.some(({ id }) => id === ref)) {
      throw new HubError('not_found', `neither spec.md nor tasks.md of ${feature} has ${ref}`, {
        hint: 'Leave `ref` out to see all.',
      })
    }
    return {
      items: shown,
      uncovered: [],
      unknown: unknown.filter((entry) => entry.task === ref || entry.ref === ref),
    }
  },
})
