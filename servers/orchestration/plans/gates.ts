import type { Gate } from '../../../schemas/plan.ts'
import type { TaskResult, TaskState } from '../../../schemas/task.ts'

/** What a gate sees of a step that it looks at. */
export type Seen = { name: string; state: TaskState; result: TaskResult | undefined }

export type Verdict =
  | { kind: 'passed' }
  | { kind: 'failed'; reason: string }
  /** Somebody or something has still to say. */
  | { kind: 'wait'; reason: string }

const wait = (reason: string): Verdict => ({ kind: 'wait', reason })

/**
 * What a gate says of the steps that it looks at. Whether a change was approved nobody can tell from
 * the task, and whether a person agrees neither: these wait to be told.
 */
export function judge({ kind, until }: Gate, seen: Seen[]): Verdict {
  switch (kind) {
    case 'barrier':
      return { kind: 'passed' }
    case 'person':
      return wait('a person has to agree')
    case 'check':
      return judgeChecks(seen)
    case 'change':
      return judgeChanges(seen, until ?? 'approved')
  }
}

function judgeChecks(seen: Seen[]): Verdict {
  const open = seen.find(({ state }) => !isReported(state))
  if (open) return wait(`${open.name} is ${open.state}`)
  for (const { name, state, result } of seen) {
    if (state === 'failed' || state === 'canceled')
      return { kind: 'failed', reason: `${name} was ${state}` }
    const bad = result?.checks?.filter((check) => check.state === 'failed') ?? []
    if (bad.length > 0)
      return {
        kind: 'failed',
        reason: `checks of ${name} failed: ${bad.map((check) => check.name).join(', ')}`,
      }
    const isChecked = (result?.checks?.length ?? 0) > 0 || typeof result?.exitCode === 'number'
    if (!isChecked) return { kind: 'failed', reason: `${name} ran no checks` }
    if (typeof result?.exitCode === 'number' && result.exitCode !== 0)
      return { kind: 'failed', reason: `${name} ended with exit code ${result.exitCode}` }
  }
  return { kind: 'passed' }
}

function judgeChanges(seen: Seen[], until: 'approved' | 'merged'): Verdict {
  const ended = seen.find(({ state }) => state === 'failed' || state === 'canceled')
  if (ended) return { kind: 'failed', reason: `${ended.name} was ${ended.state}` }
  const without = seen.find(({ state, result }) => isReported(state) && !result?.change)
  if (without) return { kind: 'failed', reason: `${without.name} opened no change` }
  // A task succeeds with the merge of its change.
  if (seen.every(({ state }) => state === 'succeeded')) return { kind: 'passed' }
  return wait(`changes have to be ${until}`)
}

const isReported = (state: TaskState): boolean =>
  ['in_review', 'succeeded', 'failed', 'canceled'].includes(state)
