import { z } from 'zod'
import { defineTool } from '../kit/tool.ts'
import { attemptEndsAt, holdForBudget, spentCode, timeLeft } from './spent.ts'
import { endAttempt } from './store/attempts.ts'
import { extendAttempts, listOverrun, resumeSpentTasks } from './store/spent-tasks.ts'
import { findTask } from './store/tasks.ts'

const atATime = 200

export const taskResume = defineTool({
  name: 'task_resume',
  title: 'Resume held tasks',
  description:
    'Has tasks go on that a spent budget held, of an org, a plan, or one. Called by a controller when a budget was raised.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    org: z.string().max(60).describe('Org of the tasks'),
    plan: z.string().max(60).optional().describe('Only tasks of this plan'),
    task: z.string().max(60).optional().describe('Only this task'),
  },
  output: z.object({ resumed: z.array(z.string()), more: z.boolean() }),
  run: (held, ctx) =>
    ctx.transaction(async (tx) => {
      const resumed = await resumeSpentTasks(tx, { ...held, limit: atATime })
      return { resumed, more: resumed.length === atATime }
    }),
})

export const taskOverrun = defineTool({
  name: 'task_overrun',
  title: 'Stop overrunning attempts',
  description:
    'Ends attempts that went on although the time their task may take is over, and holds the tasks. Called by a controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {},
  output: z.object({ stopped: z.array(z.string()) }),
  run: (_input, ctx) =>
    ctx.transaction(async (tx) => {
      const stopped: string[] = []
      for (const attempt of await listOverrun(tx, tx.now)) {
        const row = await findTask(ctx, tx, attempt.task)
        const leftMs = await timeLeft(tx, row)
        if (leftMs !== 0) {
          // The budget was raised or lifted meanwhile.
          const endsAt = (await attemptEndsAt(ctx, tx, row)) ?? Number.MAX_SAFE_INTEGER
          await extendAttempts(tx, [attempt.id], endsAt)
          continue
        }
        const failure = { code: spentCode, message: overrunMessage(row.id) }
        await endAttempt(tx, row.id, 'failed', { failure })
        await holdForBudget(ctx, tx, row, failure)
        stopped.push(row.id)
      }
      return { stopped }
    }),
})

const overrunMessage = (task: string) =>
  `the time that task ${task} may take is over, and its agent did not stop by itself; budget_set raises timeMs, and the task goes on with what is in its worktree`
