import { z } from 'zod'
import { SpecTask, SpecTaskState } from '../../schemas/spec.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { pageWithin } from '../kit/page.ts'
import { findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import { featureInput, openProject, readDocument } from './project.ts'
import type { TaskLine } from './task-lines.ts'
import { readTasks } from './task-lines.ts'
import { orderTasks } from './task-order.ts'
import { specTasksText } from './texts.ts'

const name = 'tasks.md'
export const specTaskList = defineTool({
  name: 'spec_task_list',
  title: 'List tasks of a feature',
  description:
    "Lists the tasks in a feature's tasks.md, with the etag for changes. Use spec_task_next for what can start now.",
  effect: 'read',
  scope: 'spec:read',
  input: {
    ...featureInput,
    state: SpecTaskState.optional().describe('Only tasks in this state'),
    story: z.string().max(20).optional().describe('Only tasks of this story, such as US1'),
    phase: z.string().max(200).optional().describe('Only tasks whose phase contains this text'),
    parallel: z
      .boolean()
      .optional()
      .describe('Only tasks that are marked [P], or only those that are not'),
    details: z
      .boolean()
      .default(false)
      .describe('Whether to return the indented lines below each task, too'),
    cursor: pageInput.cursor,
    limit: z.int().min(1).max(500).default(50).describe('Most tasks to return'),
  },
  output: z.object({
    etag: z.string(),
    ...page(SpecTask).shape,
    total: z.int(),
    duplicates: z.array(z.object({ id: z.string(), lines: z.array(z.int()) })),
    unparsed: z
      .array(z.object({ line: z.int(), text: z.string() }))
      .describe('Lines that name a task but are no tasks, such as table rows'),
  }),
  text: specTasksText,
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const file = await readDocument(project, await findFeature(project, input.feature), name)
    const { tasks, duplicates, unparsed } = readTasks(file.text)
    const phase = input.phase?.toLowerCase()
    const found = tasks.filter(
      (task) =>
        (input.state === undefined || task.state === input.state) &&
        (input.story === undefined || task.stories.includes(input.story.toUpperCase())) &&
        (phase === undefined || task.phase.toLowerCase().includes(phase)) &&
        (input.parallel === undefined || task.parallel === input.parallel),
    )
    const { items, ...rest } = pageWithin(found, input, ({ id, line }) => `${line} ${id}`)
    return {
      etag: file.etag,
      ...rest,
      items: items.map((task) =>
        input.details
          ? { ...toSpecTask(task), text: task.text.slice(0, 2000), details: task.details }
          : toSpecTask(task),
      ),
      total: found.length,
      duplicates: [...duplicates].map(([id, lines]) => ({ id, lines })),
      unparsed: unparsed.slice(0, 50),
    }
  },
})

export const specTaskNext = defineTool({
  name: 'spec_task_next',
  title: 'Show what can start',
  description:
    'Shows the open tasks of a feature in order, those that can start now first, with what the others wait for. Use it to choose what to submit with task_submit.',
  effect: 'read',
  scope: 'spec:read',
  input: {
    ...featureInput,
    limit: z.int().min(1).max(100).default(10).describe('Most tasks to return'),
  },
  output: z.object({
    etag: z.string(),
    ready: z.array(SpecTask),
    waiting: z.array(z.object({ id: z.string(), line: z.int(), waitsFor: z.string() })),
    open: z.int(),
  }),
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const file = await readDocument(project, await findFeature(project, input.feature), name)
    const ordered = orderTasks(readTasks(file.text).tasks)
    return {
      etag: file.etag,
      ready: ordered
        .filter(({ ready }) => ready)
        .slice(0, input.limit)
        .map(({ task }) => toSpecTask(task)),
      waiting: ordered
        .filter(({ ready }) => !ready)
        .slice(0, input.limit)
        .map(({ task, waitsFor }) => ({ id: task.id, line: task.line, waitsFor })),
      open: ordered.length,
    }
  },
})

const toSpecTask = ({
  markAt: _at,
  phaseLine: _line,
  details: _details,
  ...task
}: TaskLine): SpecTask => ({
  ...task,
  text: task.text.slice(0, 500),
})
