import { HubError } from '../../schemas/errors.ts'
import type { TaskBudget } from '../../schemas/task.ts'
import { isolationLevels } from '../../schemas/task.ts'
import type { Submitter } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import type { Transaction } from '../kit/sql.ts'
import { readSubmitter } from '../kit/store/submitters.ts'
import type { PreparedTask } from './new-task.ts'
import { countChildren, saveBudget } from './store/task-family.ts'
import type { TaskRow } from './store/task-row.ts'
import { toTask } from './store/task-row.ts'
import { findTask } from './store/tasks.ts'

const defaults = { maxDepth: 3, maxChildren: 20 }

export type SubTask = {
  prepared: PreparedTask
  parent: string
  depth: number
  submitter: Submitter
}

/**
 * Makes a request of an agent part of its own task: within the limits of its org, with a share of what
 * its task may still spend, no less isolated and no sooner done than it, and on the authority of
 * whoever submitted that one. What the share takes, the agent's task has no more.
 */
export async function delegate(
  ctx: Context,
  tx: Transaction,
  own: string,
  prepared: PreparedTask,
): Promise<SubTask> {
  const parent = await findTask(ctx, tx, own)
  const limits = { ...defaults, ...ctx.config.file.orgs[parent.org] }
  assertRoom(parent, await countChildren(tx, own), limits)
  const { given, left } = shareOf(
    toTask(parent).budget,
    JSON.parse(prepared.budget) as TaskBudget, // Written by taskPreparer.
  )
  await saveBudget(tx, parent, left)
  return {
    parent: own,
    depth: parent.depth + 1,
    submitter: await readSubmitter(tx, own),
    prepared: {
      ...prepared,
      budget: JSON.stringify(given),
      priority: Math.min(prepared.priority, parent.priority),
      isolation: atLeast(prepared.isolation, parent.isolation),
    },
  }
}

function assertRoom(
  parent: TaskRow,
  children: number,
  { maxDepth, maxChildren }: { maxDepth?: number | undefined; maxChildren?: number | undefined },
): void {
  const depth = maxDepth ?? defaults.maxDepth
  if (parent.depth >= depth)
    throw new HubError(
      'exhausted',
      `${parent.id} may not submit tasks: it is ${parent.depth} deep, and ${depth} is the limit`,
      {
        hint: `Do the work yourself. An owner can raise maxDepth of the org ${parent.org} in switchyard.json.`,
      },
    )
  const most = maxChildren ?? defaults.maxChildren
  if (children >= most)
    throw new HubError(
      'exhausted',
      `${parent.id} has submitted ${children} tasks, and ${most} is the limit`,
      {
        hint: `Do the rest yourself. An owner can raise maxChildren of the org ${parent.org} in switchyard.json.`,
      },
    )
}

const smallest: Record<keyof TaskBudget, number> = { steps: 1, tokens: 1, costUsd: 0, timeMs: 1000 }

/** What a task gives of its budget: what is asked for, else half of each limit that it has. */
export function shareOf(
  own: TaskBudget,
  asked: TaskBudget,
): { given: TaskBudget; left: TaskBudget } {
  const given: TaskBudget = { ...asked }
  const left: TaskBudget = { ...own }
  for (const limit of Object.keys(smallest) as (keyof TaskBudget)[]) {
    const has = own[limit]
    if (has === undefined) continue
    const share = asked[limit] ?? (limit === 'costUsd' ? has / 2 : Math.floor(has / 2))
    const rest = has - share
    if (share < smallest[limit] || rest < smallest[limit] || rest <= 0)
      throw new HubError(
        'exhausted',
        `the task may spend ${has} (${limit}), which does not leave enough for a sub-task that may spend ${share}`,
        {
          hint: 'Pass a smaller `budget`, or do the work yourself.',
        },
      )
    given[limit] = share
    left[limit] = rest
  }
  return { given, left }
}

const atLeast = (asked: TaskRow['isolation'], own: TaskRow['isolation']): TaskRow['isolation'] => {
  const rank = (level: TaskRow['isolation']) =>
    level === null ? -1 : isolationLevels.indexOf(level)
  return rank(asked) >= rank(own) ? asked : own
}
