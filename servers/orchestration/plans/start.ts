import type { Provenance } from '../../../schemas/task.ts'
import type { PreparedTask } from '../new-task.ts'
import { taskRequest } from '../new-task.ts'
import { authorOf } from '../store/plans.ts'
import type { StepRow } from '../store/plan-steps.ts'
import { moveStep } from '../store/plan-steps.ts'
import { newTaskRow } from '../store/task-row.ts'
import { insertTask } from '../store/tasks.ts'
import { inputsOf } from './inputs.ts'
import type { Round } from './round.ts'

/**
 * Makes the task of a step, on the authority of the plan's author, in the transaction that marks the
 * step: each run of a step has one task, whatever is killed when.
 */
export async function startStep(
  { ctx, tx, plan, tally, started }: Round,
  step: StepRow,
): Promise<void> {
  const prepared = JSON.parse(step.request ?? '{}') as PreparedTask // Written by makeGraph.
  const author = authorOf(plan)
  const id = ctx.id('task')
  const provenance: Provenance = {
    via: 'plan',
    id: plan.id,
    ...(plan.reason === null ? {} : { reason: plan.reason }),
  }
  const request = taskRequest(prepared, {
    id,
    org: plan.org,
    plan: plan.id,
    step: step.name,
    provenance: JSON.stringify(provenance),
    inputs: JSON.stringify(await inputsOf(tx, step)),
  })
  await moveStep(tx, tally, step, { state: 'running', run: step.run + 1, task: id })
  await insertTask(tx, newTaskRow(request, author.id, tx.now), author)
  started.push(id)
}
