import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import { Evidence } from '../../schemas/spec.ts'
import type { Edit } from '../kit/files/edits.ts'
import { gitRaw } from '../kit/git.ts'
import { findFeature } from '../kit/features.ts'
import { defineTool } from '../kit/tool.ts'
import { announce, changeDocument, featureInput, openProject } from './project.ts'
import type { TaskLine, TasksDocument } from './task-lines.ts'
import { doneMark, readTasks } from './task-lines.ts'

const name = 'tasks.md'

/** The form that ids had before; taken for one release more. */
const NamedTask = z.strictObject({ id: z.string().max(100), line: z.int().min(1).optional() })

const ifMatch = z
  .string()
  .max(64)
  .optional()
  .describe('etag of tasks.md as you read it; a mismatch writes nothing')

export const specTaskUpdate = defineTool({
  name: 'spec_task_update',
  title: 'Tick tasks',
  description:
    'Sets the box of tasks in tasks.md, one byte each, and nothing else. `done` asks for evidence. Use spec_task_append for tasks that are missing.',
  effect: 'update',
  scope: 'spec:write',
  idempotent: true,
  input: {
    ...featureInput,
    tasks: z
      .array(z.union([z.string().max(100), NamedTask]))
      .min(1)
      .max(100)
      .describe('Ids of the tasks to set, as written, such as T012'),
    line: z
      .int()
      .min(1)
      .optional()
      .describe('Line of the task, when several carry its id; needs if_match'),
    state: z.enum(['open', 'done', 'other']).describe('State to set'),
    mark: z
      .string()
      .regex(/^[^\]\s\w]$/, 'expected one character that is no letter, digit, _, ] or space')
      .optional()
      .describe('Character for the state `other`, such as - or ~'),
    evidence: Evidence.optional().describe('Why the tasks count as done'),
    if_match: ifMatch,
    dry_run: z.boolean().default(false).describe('Only show the change'),
  },
  output: z.object({
    etag: z.string(),
    changed: z.array(z.string()),
    unchanged: z.array(z.string()),
    diff: z.string().optional(),
  }),
  run: async (input, ctx) => {
    const project = await openProject(ctx, input)
    const feature = await findFeature(project, input.feature)
    const wanted = input.tasks.map((task) =>
      typeof task === 'string' ? { id: task, line: input.line } : task,
    )
    if (input.line !== undefined && wanted.length > 1)
      throw new HubError('invalid', '`line` names one task; set the others by calls of their own')
    if (input.state === 'done') await assertEvidence(project.path, input.evidence)
    const changed: string[] = []
    const unchanged: string[] = []
    const target = { feature, name, ifMatch: input.if_match, dryRun: input.dry_run }
    const written = await changeDocument(project, target, (file) => {
      const document = readTasks(file.text)
      const lines = wanted.map((task) => findTask(document, task, input.if_match))
      return lines.flatMap((task): Edit[] => {
        if (task.state === input.state && (input.mark ?? task.mark) === task.mark) {
          unchanged.push(task.id)
          return []
        }
        changed.push(task.id)
        return [
          {
            start: task.markAt,
            end: task.markAt + task.mark.length,
            text: markFor(input.state, input.mark, document),
          },
        ]
      })
    })
    if (written.changed && !input.dry_run) {
      await announce(ctx, project, feature, 'spec.task_updated', {
        tasks: changed,
        state: input.state,
        ...(input.evidence ? { evidence: input.evidence } : {}),
      })
    }
    return {
      etag: written.etag,
      changed,
      unchanged,
      ...(written.diff === undefined ? {} : { diff: written.diff }),
    }
  },
})

function markFor(
  state: 'open' | 'done' | 'other',
  mark: string | undefined,
  { tasks }: TasksDocument,
): string {
  if (state === 'open') return ' '
  if (state === 'done') return doneMark(tasks)
  if (mark !== undefined) return mark
  throw new HubError(
    'invalid',
    'the state `other` needs `mark`, the character to put into the box',
    { hint: 'Files use - or ~, as their authors like.' },
  )
}

function findTask(
  document: TasksDocument,
  wanted: z.infer<typeof NamedTask>,
  ifMatch: string | undefined,
): TaskLine {
  const same = document.tasks.filter(({ id }) => id === wanted.id)
  if (same.length > 1 && (wanted.line === undefined || ifMatch === undefined)) {
    throw new HubError(
      'ambiguous',
      `several lines carry ${wanted.id}: ${same.map(({ line }) => line).join(', ')}`,
      {
        hint: 'Pass the line too, and the etag that you read it with as if_match.',
      },
    )
  }
  const found = wanted.line === undefined ? same[0] : same.find(({ line }) => line === wanted.line)
  if (found) return found
  const elsewhere = document.unparsed.find(({ text }) => text.includes(wanted.id))
  if (elsewhere) {
    throw new HubError(
      'unsupported',
      `${wanted.id} stands in a table or heading on line ${elsewhere.line}, which has no box to tick`,
      {
        hint: 'Turn it into a list item with a box, such as "- [ ] T012 …", by hand.',
      },
    )
  }
  const close = nearest(
    wanted.id,
    document.tasks.map(({ id }) => id),
  )
  throw new HubError(
    'not_found',
    `there is no task ${wanted.id}${wanted.line === undefined ? '' : ` on line ${wanted.line}`}`,
    {
      hint: close ? `Did you mean ${close}?` : 'spec_task_list shows the tasks.',
    },
  )
}

async function assertEvidence(path: string, evidence: Evidence | undefined): Promise<void> {
  if (!evidence || Object.values(evidence).every((value) => value === undefined)) {
    throw new HubError('invalid', 'a task is not done without evidence', {
      hint: 'Pass `evidence` with a change, a commit, or a note that says what was checked and how.',
    })
  }
  if (evidence.commit === undefined) return
  const found = await gitRaw(['-C', path, 'cat-file', '-e', `${evidence.commit}^{commit}`])
  if (found.exitCode !== 0)
    throw new HubError('not_found', `the repository has no commit ${evidence.commit}`)
}
