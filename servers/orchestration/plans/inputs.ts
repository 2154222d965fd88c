import type { TaskInput } from '../../../schemas/task.ts'
import type { Reader } from '../../kit/sql.ts'
import { listArtifacts } from '../store/artifacts.ts'
import type { StepRow } from '../store/plan-steps.ts'
import { listSources } from '../store/plan-steps.ts'
import { toTask } from '../store/task-row.ts'
import { readTask } from '../store/tasks.ts'

const maxInputs = 20
const maxGates = 20
const maxArtifacts = 20
const summaryChars = 2000

/** What the steps before one left for it; gates hand on what they let pass. Bounded, whatever the plan. */
export async function inputsOf(reader: Reader, step: StepRow): Promise<TaskInput[]> {
  const inputs: TaskInput[] = []
  const seen = new Set<number>()
  const gates: StepRow[] = [step]
  for (let opened = 0; opened < gates.length && opened <= maxGates; opened++) {
    const { plan, number } = gates[opened]! // The bound is above.
    for (const source of await listSources(reader, plan, number, maxInputs)) {
      if (seen.has(source.number)) continue
      seen.add(source.number)
      if (source.gate !== null) gates.push(source)
      else if (source.task !== null && inputs.length < maxInputs)
        inputs.push(...(await inputOf(reader, source.name, source.task)))
    }
  }
  return inputs
}

async function inputOf(reader: Reader, step: string, id: string): Promise<TaskInput[]> {
  const row = await readTask(reader, id)
  if (!row) return []
  const { title, result, attempts } = toTask(row)
  const { items: kept } = await listArtifacts(reader, id, { limit: maxArtifacts })
  return [
    {
      task: id,
      step,
      title,
      summary: (result?.summary ?? '').slice(0, summaryChars),
      ...(result?.change === undefined ? {} : { change: result.change }),
      artifacts: kept
        .filter(({ attempt }) => attempt === attempts)
        .map((artifact) => ({ id: artifact.id, name: artifact.name })),
    },
  ]
}
