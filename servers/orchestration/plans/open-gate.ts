import { askApproval } from '../store/approvals.ts'
import type { StepRow } from '../store/plan-steps.ts'
import { gateOf, listSources, moveStep, releaseAfter } from '../store/plan-steps.ts'
import { leaveOutAfter, leaveOutAll, listAmong } from '../store/plan-reach.ts'
import { voidApproval } from '../store/approvals.ts'
import { toTask } from '../store/task-row.ts'
import { readTask } from '../store/tasks.ts'
import type { Seen, Verdict } from './gates.ts'
import { judge } from './gates.ts'
import { inputsOf } from './inputs.ts'
import type { Round } from './round.ts'

const shownInputs = 10
const shownChars = 500

/** Has a gate that is ready look at what it is for, or ask. */
export async function openGate(round: Round, step: StepRow): Promise<void> {
  const gate = gateOf(step)
  if (gate?.kind !== 'person') return lookAgain(round, step)
  const { ctx, tx, plan, tally } = round
  const id = ctx.id('approval')
  const left = (await inputsOf(tx, step)).slice(0, shownInputs)
  await askApproval(tx, {
    id,
    org: plan.org,
    subject: plan.id,
    kind: 'question',
    question: gate.question ?? `May the plan ${plan.title} go on after ${step.name}?`,
    details: {
      plan: plan.id,
      step: step.name,
      before: left.map(({ summary, ...rest }) => ({
        ...rest,
        summary: summary.slice(0, shownChars),
      })),
    },
    askedBy: `plan ${plan.id}`,
  })
  await moveStep(tx, tally, step, { state: 'held', approval: id, reason: 'a person has to agree' })
}

/** Has a gate look at the steps before it, as they are now. */
export async function lookAgain(round: Round, step: StepRow): Promise<void> {
  const gate = gateOf(step)
  if (!gate) return
  const seen = await seenBy(round, step)
  const verdict = judge(gate, seen)
  await closeGate(round, step, verdict)
  if (verdict.kind === 'wait' && gate.kind === 'change' && gate.until !== 'merged')
    round.asking.push({ step: step.name, tasks: seen.flatMap(({ task }) => task) })
}

/** Takes what was said of a gate. */
export async function closeGate(round: Round, step: StepRow, verdict: Verdict): Promise<void> {
  const { tx, tally } = round
  switch (verdict.kind) {
    case 'passed': {
      const passed = await moveStep(tx, tally, step, { state: 'succeeded' })
      return releaseAfter(tx, tally, passed, { early: true, final: true })
    }
    case 'failed':
      return endBadly(round, step, 'failed', verdict.reason)
    case 'wait':
      if (step.state !== 'held' || step.reason !== verdict.reason)
        await moveStep(tx, tally, step, { state: 'held', reason: verdict.reason })
  }
}

/** Ends a step that did not come to its end, with what depends on it, or with the whole plan. */
export async function endBadly(
  round: Round,
  step: StepRow,
  state: 'failed' | 'canceled',
  reason: string,
): Promise<void> {
  const { tx, tally, plan } = round
  const ended = await moveStep(tx, tally, step, { state, reason: reason.slice(0, 2000) })
  if (step.on_failure !== 'stop') {
    const left = { state: 'skipped', reason: `${step.name} ${state}` } as const
    return leaveOutAfter(tx, tally, ended, left)
  }
  const left = { state: 'skipped', reason: `${step.name} ${state}, which stops the plan` } as const
  await leaveOutAll(tx, tally, plan.id, left)
  for (const held of await listAmong(tx, plan.id, undefined, ['held'])) {
    if (held.gate === null) continue
    if (held.approval !== null) await voidApproval(tx, held.approval)
    await moveStep(tx, tally, held, left)
  }
}

/** The tasks right before a gate, as they are now. */
export async function seenBy(
  { tx, plan }: Round,
  step: StepRow,
): Promise<(Seen & { task: string })[]> {
  const seen: (Seen & { task: string })[] = []
  for (const source of await listSources(tx, plan.id, step.number, 1000)) {
    const row = source.task === null ? undefined : await readTask(tx, source.task)
    if (!row) continue
    const { state, result } = toTask(row)
    seen.push({ name: source.name, task: row.id, state, result })
  }
  return seen
}
